import { startEtcd } from "nodetcd";
import { afterAll, afterEach } from "vitest";

/** A member for the file that imports this; each test begins with nothing in it. */
export const etcd = await startEtcd();
afterEach(() => etcd.reset());
afterAll(() => etcd.stop());
