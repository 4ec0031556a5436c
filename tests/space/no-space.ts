/**
 * A database that reaches its quota, by hand as etcd does it, and by itself:
 *
 *     npm run prove -- no-space
 *
 * The same steps on real etcd and on nodetcd, answered alike: writes until the alarm, what is refused and what is not, compaction and
 * defragmentation that do not withdraw it, the disarming that does. Then nodetcd with `--auto-disarm-nospace` and a policy of
 * compaction, which has to serve writes again with nobody's help.
 */
import { AlarmAction, AlarmType, METHODS } from "@nodetcd/messages";
import { isAtLeast, type Peer, peer, sayMissing } from "../peers.ts";
import { type ServerProcess, startServer } from "../processes.ts";
import { Connection, RpcFailure } from "../rpc.ts";

const QUOTA_BYTES = 16 * 1024 * 1024;
const VALUE = Buffer.alloc(100_000, "v");
/** Puts of the value are taken up to here at the latest, however the file is laid out. */
const PUTS_MOST = 400;
/** Within this time a member that helps itself has to take writes again, in milliseconds. */
const RECOVERY_MS = 240_000;
const ALL = { key: Uint8Array.of(0), rangeEnd: Uint8Array.of(0) };

async function main(): Promise<number> {
  const [etcd, nodetcd] = [peer("etcd"), peer("nodetcd")];
  if (nodetcd === undefined) return 0;
  let faults = 0;
  if (etcd === undefined || !isAtLeast(etcd.version, "3.6")) sayMissing("etcd 3.6 or newer");
  else {
    const [expected, got] = [await byHand(etcd), await byHand(nodetcd)];
    for (const [step, answer] of expected.entries()) {
      const same = answer === got[step];
      console.log(`${same ? "alike" : "DIFFERENT"}: ${got[step]}${same ? "" : ` / ${answer}`}`);
      if (!same) faults++;
    }
  }
  const seconds = await byItself(nodetcd);
  console.log(`nodetcd with --auto-disarm-nospace took writes again ${seconds} s after the alarm`);
  return faults === 0 ? 0 : 1;
}

/** One line for each step: what was tried, and what came of it. */
async function byHand(program: Peer): Promise<string[]> {
  const server = await startServer(program, { flags: [`--quota-backend-bytes=${QUOTA_BYTES}`] });
  const connection = new Connection(server.url);
  const said: string[] = [];
  const step = async (what: string, work: () => Promise<unknown>): Promise<void> => {
    said.push(`${what}: ${await work().then(String, failureText)}`);
  };
  const put = (): Promise<string> => tryPut(connection, "key");
  try {
    await step("puts of one key until refused", async () => await fill(connection));
    await step("alarms", async () => await alarmsOf(connection));
    await step("a put", put);
    await step("a lease", async () => {
      await connection.call(METHODS.Lease.LeaseGrant, { ttl: 100 });
      return "granted";
    });
    await step("a transaction that reads", async () => {
      const success = [{ requestRange: { key: Buffer.from("key") } }];
      return (await connection.call(METHODS.KV.Txn, { success })).succeeded;
    });
    await step("a transaction that writes", async () => {
      const success = [{ requestPut: { key: Buffer.from("a"), value: Buffer.from("b") } }];
      return (await connection.call(METHODS.KV.Txn, { success })).succeeded;
    });
    await step("a deletion", async () => {
      return (await connection.call(METHODS.KV.DeleteRange, { key: Buffer.from("other") })).deleted;
    });
    await step("a compaction", async () => {
      const { header } = await connection.call(METHODS.KV.Range, ALL);
      const revision = header?.revision ?? 0;
      await connection.call(METHODS.KV.Compact, { revision, physical: true }, 60_000);
      return "done";
    });
    await step("a put", put);
    await step("a defragmentation", async () => {
      await connection.call(METHODS.Maintenance.Defragment, {}, 60_000);
      const { dbSize } = await connection.call(METHODS.Maintenance.Status, {});
      return dbSize < QUOTA_BYTES / 2 ? "small again" : `${dbSize} bytes`;
    });
    await step("a put", put);
    await step("alarms", async () => await alarmsOf(connection));
    await step("disarming", async () => {
      const { alarms } = await connection.call(METHODS.Maintenance.Alarm, {
        action: AlarmAction.DEACTIVATE,
        memberId: await memberIdOf(connection),
        alarm: AlarmType.NOSPACE,
      });
      return `${alarms.length} withdrawn`;
    });
    await step("a put", put);
    return said;
  } finally {
    connection.close();
    await server.stop();
  }
}

/** Nobody does anything but write. Answers the seconds from the first refusal to the next put that is taken. */
async function byItself(program: Peer): Promise<number> {
  const server = await startServer(program, {
    flags: [
      `--quota-backend-bytes=${QUOTA_BYTES}`,
      "--auto-disarm-nospace",
      "--auto-compaction-mode=periodic",
      "--auto-compaction-retention=2s",
    ],
  });
  const connection = new Connection(server.url);
  try {
    const refused = await fill(connection);
    if (!refused.includes("database space exceeded")) throw new Error(`filled: ${refused}`);
    const began = Date.now();
    for (;;) {
      if ((await tryPut(connection, "key")) === "taken") break;
      if (Date.now() - began > RECOVERY_MS) throw new Error(`no room again:\n${server.tail()}`);
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    const seconds = Math.round((Date.now() - began) / 1_000);
    if ((await alarmsOf(connection)) !== "none") throw new Error("the alarm is still there");
    requireLine(server, "withdrew the NOSPACE alarm");
    return seconds;
  } finally {
    connection.close();
    await server.stop();
  }
}

/** Overwrites one key until a put is refused; answers the refusal. */
async function fill(connection: Connection): Promise<string> {
  for (let n = 0; n < PUTS_MOST; n++) {
    const outcome = await tryPut(connection, "key");
    if (outcome !== "taken") return outcome;
  }
  return `${PUTS_MOST} puts were taken`;
}

async function tryPut(connection: Connection, key: string): Promise<string> {
  try {
    await connection.call(METHODS.KV.Put, { key: Buffer.from(key), value: VALUE });
    return "taken";
  } catch (error) {
    return failureText(error);
  }
}

function failureText(error: unknown): string {
  return error instanceof RpcFailure ? `${error.code} ${error.message}` : String(error);
}

async function alarmsOf(connection: Connection): Promise<string> {
  const { alarms } = await connection.call(METHODS.Maintenance.Alarm, { action: AlarmAction.GET });
  return alarms.length === 0 ? "none" : alarms.map(({ alarm }) => `alarm ${alarm}`).join(", ");
}

async function memberIdOf(connection: Connection): Promise<bigint> {
  return (await connection.call(METHODS.Maintenance.Status, {})).header?.memberId ?? 0n;
}

function requireLine(server: ServerProcess, words: string): void {
  if (!server.log.includes(words)) throw new Error(`the log does not say "${words}"`);
}

process.exitCode = await main();
