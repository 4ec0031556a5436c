import assert from "node:assert/strict";

describe("file two", () => {
  it("has the member of its worker", async function () {
    await this.etcd.client.put("file", "two");
    assert.equal((await this.etcd.client.get("file")).text(), "two");
  });

  it("begins with nothing", async function () {
    assert.equal(await this.etcd.client.get("file"), undefined);
  });
});
