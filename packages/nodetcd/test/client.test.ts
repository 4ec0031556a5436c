import { startEtcd } from "../src/nodetcd.ts";
import { clientSuite } from "../../client/test/suite.ts";

clientSuite("nodetcd over a socket", () => startEtcd());
clientSuite("nodetcd without a socket", async () => {
  const { client, stop } = await startEtcd({ listen: false });
  return { endpoint: undefined, client, stop };
});
