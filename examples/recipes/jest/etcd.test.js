// CommonJS, as jest has it without any setting.
const { startEtcd } = require("nodetcd");

let etcd;
beforeAll(async () => {
  etcd = await startEtcd();
});
afterEach(() => etcd.reset());
afterAll(() => etcd.stop());

test("a change is seen by a watch", async () => {
  const watcher = etcd.client.watch("config/", { prefix: true });
  await watcher.ready;
  await etcd.client.put("config/colour", "green");
  const { value } = await watcher.next();
  expect(value.keyValue.text()).toBe("green");
});

test("sees nothing of the test before", async () => {
  expect(await etcd.client.get("config/colour")).toBe(undefined);
});
