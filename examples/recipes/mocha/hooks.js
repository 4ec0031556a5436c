import { startEtcd } from "nodetcd";

let etcd;

/** A member for each of mocha's workers, as `this.etcd`. */
export const mochaHooks = {
  async beforeAll() {
    etcd ??= await startEtcd({ listen: false });
    this.etcd = etcd;
  },
  afterEach() {
    return etcd.reset();
  },
  async afterAll() {
    await etcd.stop();
    etcd = undefined;
  },
};
