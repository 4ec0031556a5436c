/**
 * Users in clusters of etcd and nodetcd over mutual TLS, the leader on either side, and on directories that go from one to the other.
 *
 *     tsx tests/security/mixed.ts [part of a name...]
 */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { METHODS } from "@nodetcd/messages";
import { isAtLeast, type Peer, peer, sayMissing } from "../peers.ts";
import { startServer, temporaryDirectory } from "../processes.ts";
import { Connection } from "../rpc.ts";
import { makeFiles } from "./files.ts";
import { pause } from "./member.ts";
import { MixedCluster } from "./mixed-cluster.ts";
import { type Call, makeUsers, USERS, verdicts } from "./verdicts.ts";

const { Auth, KV, Lease, Maintenance } = METHODS;
const bytes = (text: string): Uint8Array => Buffer.from(text);

function equal(got: unknown, expected: unknown, what: string): void {
  const [one, other] = [got, expected].map((each) => JSON.stringify(each, undefined, 1));
  if (one !== other) throw new Error(`${what}: ${one}\ninstead of ${other}`);
}

/** Every user at every member, with a token that another has given: all are told the same. */
async function compareVerdicts(cluster: MixedCluster, what: string): Promise<number> {
  let count = 0;
  for (const user of [...USERS, ""]) {
    let first: string[] | undefined;
    for (let i = 0; i < cluster.size; i++) {
      const token = user === "" ? "" : await cluster.logIn((i + 1) % cluster.size, user);
      // etcd waits for the entry before the login only, and may not know the token yet.
      if (cluster.program(i).name === "etcd") await cluster.call(i, KV.Range, { key: bytes("a") });
      const said = await verdicts(cluster.connection(i), token);
      first ??= said;
      equal(said, first, `${what}: what "${user}" is told by member ${i}`);
      count += said.length;
    }
    if (user === "both") equal(first?.[0], "put a: ok", what);
    if (user === "reader") equal(first?.[0], "put a: 7 etcdserver: permission denied", what);
  }
  return count;
}

/** All members are at one revision of users, and have the same keys. */
async function compareState(cluster: MixedCluster, what: string): Promise<void> {
  const at = async (index: number): Promise<object> => {
    await cluster.call(index, KV.Range, { key: bytes("a") });
    const { authRevision, enabled } = await cluster.call(index, Auth.AuthStatus, {});
    const { hash } = await cluster.call(index, Maintenance.HashKV, {});
    const { users } = await cluster.call(index, Auth.UserList, {});
    return { authRevision, enabled, hash, users };
  };
  const first = await at(0);
  for (let i = 1; i < cluster.size; i++) equal(await at(i), first, `${what}: state of member ${i}`);
}

/** A member is away while users change and a snapshot is made, and comes back as the other program. */
async function comeBackAsOther(cluster: MixedCluster, program: Peer): Promise<void> {
  await cluster.kill(2);
  await cluster.call(1, Auth.UserDelete, { name: "nothing" });
  await cluster.call(1, Auth.UserAdd, { name: "nothing", password: "pw" });
  await cluster.call(0, Auth.RoleGrantPermission, {
    name: "both",
    perm: { permType: 2, key: bytes("later") },
  });
  for (let i = 0; i < 200; i++) {
    await cluster.call(i % 2, KV.Put, { key: bytes(`k${i}`), value: bytes("v") });
  }
  await cluster.start(2, program, "existing");
  const both = await cluster.logIn(2, "both");
  await cluster.call(2, KV.Put, { key: bytes("later") }, both);
}

/** A lease with root's key runs out, whoever leads. */
async function expire(cluster: MixedCluster): Promise<void> {
  await cluster.call(1, Lease.LeaseGrant, { id: 5n, ttl: 2 });
  await cluster.call(1, KV.Put, { key: bytes("short"), lease: 5n });
  for (const end = Date.now() + 15_000; ; await pause(200)) {
    const { count } = await cluster.call(2, KV.Range, { key: bytes("short") });
    if (count === 0) return;
    if (Date.now() > end) throw new Error("The lease of root's key did not run out");
  }
}

async function proveCluster(
  leader: Peer,
  other: Peer,
  files: string,
  work: string,
): Promise<string> {
  const cluster = new MixedCluster({ programs: [leader, other, leader], files, work });
  try {
    await cluster.found();
    await cluster.lead(0);
    await makeUsers((method, request) => cluster.call(1, method, request));
    cluster.token = await cluster.logIn(0, "root");
    let count = await compareVerdicts(cluster, "after users were made by the follower");
    await cluster.call(0, Auth.RoleRevokePermission, {
      role: "both",
      key: bytes("a"),
      rangeEnd: bytes("b"),
    });
    const write = { permType: 1, key: bytes("a"), rangeEnd: bytes("b") };
    await cluster.call(1, Auth.RoleGrantPermission, { name: "both", perm: write });
    count += await compareVerdicts(cluster, "after the rights were changed by the leader");
    await compareState(cluster, "after the rights were changed");
    await comeBackAsOther(cluster, other);
    cluster.token = await cluster.logIn(2, "root");
    count += await compareVerdicts(cluster, "after a member came back as the other");
    await compareState(cluster, "after a member came back as the other");
    await expire(cluster);
    await cluster.lead(1);
    await cluster.grow(leader, 0, 2);
    await cluster.lead(0);
    cluster.token = await cluster.logIn(3, "root");
    await compareState(cluster, "after a learner was promoted through a follower");
    count += await compareVerdicts(cluster, "after a learner was promoted");
    if (/rejected connection|panic/.test(cluster.log)) throw new Error("A connection was rejected");
    const snapshots =
      /"(applied snapshot|received and saved database snapshot|applying snapshot)/.test(
        cluster.log,
      );
    return `${count} equal answers; ${snapshots ? "with" : "WITHOUT"} a snapshot`;
  } finally {
    await cluster.stop();
  }
}

/** Two hundred logins at once do not hold up puts so long that a leader falls. */
async function proveLogins(
  leader: Peer,
  other: Peer,
  files: string,
  work: string,
): Promise<string> {
  const cluster = new MixedCluster({
    programs: [leader, other, other],
    files,
    work,
    flags: ["--bcrypt-cost=10", "--heartbeat-interval=100", "--election-timeout=1000"],
  });
  try {
    await cluster.found();
    await cluster.lead(0);
    await makeUsers((method, request) => cluster.call(1, method, request));
    cluster.token = await cluster.logIn(0, "root");
    const before = await cluster.call(0, Maintenance.Status, {});
    let isOver = false;
    const logins = Promise.all(
      Array.from({ length: 200 }, (_, i) => cluster.logIn(i % 2, USERS[i % USERS.length]!)),
    ).finally(() => (isOver = true));
    logins.catch(() => undefined);
    let worst = 0;
    let puts = 0;
    for (; !isOver; puts++) {
      const begunAt = performance.now();
      await cluster.call(0, KV.Put, { key: bytes("a") });
      worst = Math.max(worst, performance.now() - begunAt);
    }
    await logins;
    const { raftTerm } = await cluster.call(0, Maintenance.Status, {});
    equal(raftTerm, before.raftTerm, "the term after the logins");
    return `200 logins, meanwhile ${puts} puts of which the slowest took ${worst.toFixed(0)} ms; one leader`;
  } finally {
    await cluster.stop();
  }
}

/** Of three members one has a name that the others do not allow. */
async function proveMisfit(
  misfit: Peer,
  other: Peer,
  files: string,
  work: string,
): Promise<string> {
  const flags = ["--peer-cert-allowed-cn=m1,m2"];
  const cluster = new MixedCluster({
    programs: [misfit, other, misfit],
    certificates: ["m1", "m2", "server-root"],
    files,
    work,
    flags,
  });
  try {
    await cluster.found(2);
    await cluster.call(0, KV.Put, { key: bytes("a") });
    const { kvs } = await cluster.call(1, KV.Range, { key: bytes("a") });
    equal(kvs.length, 1, "what the two have");
    const start = cluster.start(2, misfit, "new", 8_000);
    const why = await start.then(() => "", String);
    if (!why.includes("is not ready")) throw new Error(`The misfit is not left alone: ${why}`);
    const line = /client certificate authentication failed/.exec(cluster.log)?.[0];
    if (line === undefined) throw new Error("Nobody says why the misfit is left alone");
    return `two serve, the third does not: ${line}`;
  } finally {
    await cluster.stop();
  }
}

/** One directory with users, opened by each program in turn; each finds the users of the others, and changes them. */
async function proveDirectory(order: readonly Peer[], work: string): Promise<string> {
  let before: string[] | undefined;
  let revision = 0;
  for (const [turn, program] of order.entries()) {
    const server = await startServer(program, { dataDirectory: work, flags: ["--bcrypt-cost=4"] });
    const connection = new Connection(server.url);
    let token = "";
    const call: Call = (method, request) =>
      connection.call(method, request, 10_000, token === "" ? {} : { token });
    try {
      if (turn === 0) await makeUsers(call);
      const password = turn === 0 ? "pw" : `pw${turn - 1}`;
      const tokens: string[] = [];
      for (const name of USERS) {
        const given = name === "both" ? password : "pw";
        tokens.push((await call(Auth.Authenticate, { name, password: given })).token);
      }
      const said: string[] = [];
      for (const each of tokens) said.push(...(await verdicts(connection, each)));
      before ??= said;
      equal(said, before, `what users are told in turn ${turn}, by ${program.name}`);
      const status = await call(Auth.AuthStatus, {});
      if (turn > 0) equal(status.authRevision, revision, `revision in turn ${turn}`);
      token = tokens[0]!;
      await call(Auth.UserChangePassword, { name: "both", password: `pw${turn}` });
      revision = status.authRevision + 1;
    } finally {
      connection.close();
      await server.stop();
    }
  }
  return `${order.map(({ name }) => name).join(", ")}: ${before?.length} equal answers by each`;
}

async function main(): Promise<void> {
  const [etcd, ours] = [peer("etcd"), peer("nodetcd")];
  if (etcd === undefined || ours === undefined || !isAtLeast(etcd.version, "3.6")) {
    sayMissing("etcd 3.6 or later: no cluster was mixed");
    return;
  }
  const work = temporaryDirectory("users-mixed");
  const files = join(work, "files");
  await makeFiles(files);
  const at = (name: string): string => join(work, name);
  const proofs: Readonly<Record<string, () => Promise<string>>> = {
    "leader etcd": () => proveCluster(etcd, ours, files, at("1")),
    "leader nodetcd": () => proveCluster(ours, etcd, files, at("2")),
    "logins, etcd leads": () => proveLogins(etcd, ours, files, at("7")),
    "logins, ours leads": () => proveLogins(ours, etcd, files, at("8")),
    "misfit etcd": () => proveMisfit(etcd, ours, files, at("3")),
    "misfit nodetcd": () => proveMisfit(ours, etcd, files, at("4")),
    "directory, ours first": () => proveDirectory([ours, etcd, ours, etcd], at("5")),
    "directory, etcd's first": () => proveDirectory([etcd, ours, etcd], at("6")),
  };
  const wanted = process.argv.slice(2);
  try {
    for (const [name, prove] of Object.entries(proofs)) {
      if (wanted.length > 0 && !wanted.some((part) => name.includes(part))) continue;
      try {
        console.log(`ok   ${name}: ${await prove()}`);
      } catch (error) {
        process.exitCode = 1;
        console.log(`FAIL ${name}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

await main();
