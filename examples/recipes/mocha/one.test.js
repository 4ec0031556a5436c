import assert from "node:assert/strict";

describe("file one", () => {
  it("has the member of its worker", async function () {
    await this.etcd.client.put("file", "one");
    assert.equal((await this.etcd.client.get("file")).text(), "one");
  });

  it("begins with nothing", async function () {
    assert.equal(await this.etcd.client.get("file"), undefined);
  });
});
