import { METHODS } from "@nodetcd/messages";
import { nodeRuntime } from "@nodetcd/runtime/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Client } from "../src/client.ts";
import { type RealEtcd, realEtcdBinaries, startRealEtcd } from "./real-etcd.ts";

/** Only real etcd has it all; our member gets these as it gets the services. */
const binaries = realEtcdBinaries();
if (binaries.length === 0) describe("real etcd", () => it("is not installed", () => undefined));

describe.each(binaries)("administration of real etcd $version", ({ path, version }) => {
  let etcd: RealEtcd;
  let client: Client;
  beforeAll(async () => {
    etcd = await startRealEtcd(path);
    client = new Client({ runtime: nodeRuntime, endpoints: etcd.endpoint });
  });
  afterAll(async () => {
    client.close();
    await etcd.stop();
  });

  it("auth: users, roles and permissions, and what they let somebody do", async () => {
    const { auth } = client;
    await auth.addUser("root", "secret");
    await auth.addRole("root");
    await auth.grantRole("root", "root");
    await auth.addUser("ada", { password: "first" });
    await auth.addUser("card", { noPassword: true });
    await auth.addRole("reader");
    await auth.grantPermission("reader", "read", "app/", { prefix: true });
    await auth.grantPermission("reader", "readwrite", "own");
    await auth.grantRole("ada", "reader");
    expect((await auth.users()).toSorted()).toEqual(["ada", "card", "root"]);
    expect((await auth.roles()).toSorted()).toEqual(["reader", "root"]);
    expect(await auth.user("ada")).toEqual(["reader"]);
    const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();
    expect(
      (await auth.role("reader")).map(({ kind, key, rangeEnd }) => [
        kind,
        text(key),
        text(rangeEnd),
      ]),
    ).toEqual([
      ["read", "app/", "app0"],
      ["readwrite", "own", ""],
    ]);
    await auth.changePassword("ada", "second");

    await auth.enable();
    await expect(client.put("app/x", "1")).rejects.toMatchObject({ code: "USER_NAME_EMPTY" });
    const as = (name: string, password: string): Client =>
      new Client({
        runtime: nodeRuntime,
        endpoints: etcd.endpoint,
        credentials: { name, password },
      });
    const [root, ada, wrong] = [as("root", "secret"), as("ada", "second"), as("ada", "first")];
    if (version.startsWith("3.4")) {
      await expect(root.auth.status()).rejects.toMatchObject({ code: "UNIMPLEMENTED" });
    } else expect(await root.auth.status()).toMatchObject({ enabled: true });
    expect(await root.auth.authenticate("ada", "second")).not.toBe("");
    await root.put("app/x", "1");
    expect((await ada.get("app/x"))?.text()).toBe("1");
    await ada.put("own", "mine");
    await expect(ada.put("app/x", "2")).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
    await expect(wrong.get("own")).rejects.toMatchObject({ code: "AUTHENTICATION_FAILED" });
    await root.auth.revokePermission("reader", "own");
    await expect(ada.put("own", "mine")).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
    await root.auth.revokeRole("ada", "reader");
    await root.auth.deleteRole("reader");
    await root.auth.deleteUser("card");
    expect(await root.auth.users()).toHaveLength(2);
    await expect(root.auth.user("card")).rejects.toMatchObject({ code: "USER_NOT_FOUND" });
    await root.auth.disable();
    await client.put("app/x", "3");
    for (const one of [root, ada, wrong]) one.close();
  });

  it("disarm() lifts every alarm that is raised, or the one that is given", async () => {
    const { memberId } = await client.maintenance.status();
    await client.maintenance.raise({ memberId, alarm: "NOSPACE" });
    await expect(client.put("a", "1")).rejects.toMatchObject({ code: "NO_SPACE" });
    expect(await client.maintenance.alarms()).toEqual([{ memberId, alarm: "NOSPACE" }]);
    expect(await client.maintenance.disarm()).toEqual([{ memberId, alarm: "NOSPACE" }]);
    expect(await client.maintenance.alarms()).toEqual([]);
    await client.put("a", "1");
    await client.maintenance.raise({ memberId, alarm: "NOSPACE" });
    await client.maintenance.disarm({ memberId, alarm: "NOSPACE" });
    expect(await client.maintenance.disarm()).toEqual([]);
  });

  it("cluster: a learner is added, listed, updated, and removed; it cannot be promoted yet", async () => {
    const learner = await client.cluster.add(["http://127.0.0.1:1"], { learner: true });
    expect(learner).toMatchObject({ name: "", isLearner: true });
    expect(await client.cluster.members()).toHaveLength(2);
    const updated = await client.cluster.update(learner.id, ["http://127.0.0.1:2"]);
    expect(updated.find(({ id }) => id === learner.id)?.peerUrls).toEqual(["http://127.0.0.1:2"]);
    await expect(client.cluster.promote(learner.id)).rejects.toMatchObject({
      code: "LEARNER_NOT_READY",
    });
    expect(await client.cluster.remove(learner.id)).toHaveLength(1);
    expect(await client.cluster.members({ serializable: true })).toHaveLength(1);
  });

  it("moveLeader() looks for the leader, and refuses a target that is none", async () => {
    await expect(client.maintenance.moveLeader(1n)).rejects.toMatchObject({
      code: "BAD_LEADER_TRANSFEREE",
    });
  });

  it("call() takes any method of the table, and gives the reply as it came", async () => {
    const { header, count } = await client.call(METHODS.KV.Range, {
      key: new Uint8Array(1),
      rangeEnd: new Uint8Array(1),
      countOnly: true,
    });
    expect(header?.revision).toBeGreaterThan(0);
    expect(count).toBeGreaterThan(0);
  });

  const canDowngrade = !version.startsWith("3.4");
  if (!canDowngrade)
    console.warn(`MISSING: downgrade() at etcd ${version}, which has no such call`);
  it.runIf(canDowngrade)("downgrade() asks, begins and gives up", async () => {
    const { version: own } = await client.maintenance.status();
    const [major, minor] = own.split(".").map(Number);
    const below = `${major}.${minor! - 1}.0`;
    expect(await client.maintenance.downgrade("validate", below)).toMatch(/^3\./);
    await expect(client.maintenance.downgrade("validate", "3.1.0")).rejects.toMatchObject({
      code: "BAD_DOWNGRADE_VERSION",
    });
    await client.maintenance.downgrade("enable", below);
    expect((await client.maintenance.status()).downgradeTarget).toBe(below);
    await client.maintenance.downgrade("cancel", "");
    expect((await client.maintenance.status()).downgradeTarget).toBe("");
  });

  it("snapshot() tells the version of the data", async () => {
    const versions: string[] = [];
    for await (const chunk of client.maintenance.snapshot({
      onVersion: (told) => versions.push(told),
    })) {
      expect(chunk.length).toBeGreaterThan(0);
    }
    expect(versions).toEqual([version.startsWith("3.4") ? "" : expect.stringMatching(/^3\.\d/)]);
  });
});
