/**
 * How long requests over very many keys hold up a member's event loop:
 *
 *     KEYS=1000000 node --conditions=@nodetcd/source --import tsx packages/server/bench/large-ranges.ts
 *
 * The member is a process of its own, on a temporary directory. For each request: how long it took, and the
 * longest turn of the member's loop meanwhile in time on a processor, garbage collections included. Waiting for
 * a processor or for the disk is left out: machines have other work too. Linux only.
 * `ONLY=name,name` leaves out the other requests, `VALUE` is the size of a value in bytes.
 */
import { type ChildProcess, fork } from "node:child_process";
import { mkdtempSync, openSync, readSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Channel, RpcError } from "@nodetcd/grpc";
import * as messages from "@nodetcd/messages";
import { silentLogger } from "@nodetcd/runtime";
import { nodeClock, nodeNetwork, nodeRuntime } from "@nodetcd/runtime/node";
import { defaultConfig, startMember } from "@nodetcd/server";

const KEYS = Number(process.env["KEYS"] ?? 1_000_000);
const VALUE_BYTES = Number(process.env["VALUE"] ?? 256);
const ONLY = process.env["ONLY"]?.split(",");
const KEYS_PER_TXN = 1_000;

interface Probe {
  readonly port?: number;
  readonly turnMs: number;
  readonly residentMiB: number;
}

/** The turns of this process's event loop, in time on a processor. */
class TurnProbe {
  /** Linux: its first number is the nanoseconds that the main thread was on a processor. */
  readonly #schedule = openSync(`/proc/self/task/${process.pid}/schedstat`, "r");
  readonly #text = Buffer.alloc(64);
  #ran = this.#ranMs();
  #longest = 0;

  constructor() {
    setInterval(() => this.#tick(), 1).unref();
  }

  #ranMs(): number {
    const length = readSync(this.#schedule, this.#text, 0, 64, 0);
    return Number(this.#text.toString("latin1", 0, length).split(" ")[0]) / 1e6;
  }

  #tick(): void {
    const ran = this.#ranMs();
    this.#longest = Math.max(this.#longest, ran - this.#ran);
    this.#ran = ran;
  }

  /** Milliseconds of the longest turn since the last call. */
  take(): number {
    const longest = this.#longest;
    this.#longest = 0;
    return longest;
  }
}

/** The member's process: answers every message with what was longest since the one before. */
async function serve(dataDir: string): Promise<void> {
  const member = await startMember(
    nodeRuntime,
    {
      ...defaultConfig,
      dataDir,
      listenClientUrls: ["http://127.0.0.1:0"],
      listenPeerUrls: [],
      maxTxnOps: KEYS_PER_TXN,
      quotaBackendBytes: -1,
    },
    silentLogger,
  );
  const turns = new TurnProbe();
  const tell = (port?: number): void => {
    const probe: Probe = {
      ...(port === undefined ? {} : { port }),
      turnMs: turns.take(),
      residentMiB: process.memoryUsage().rss / 2 ** 20,
    };
    process.send?.(probe);
  };
  // A little later: the probe itself has to see the end of the last turn.
  process.on("message", () => void setTimeout(tell, 20));
  process.on("disconnect", () => void member.stop());
  tell(Number(new URL(member.clientUrls[0]!).port));
}

const keyOf = (i: number): Uint8Array =>
  Buffer.from(`/registry/pods/ns-${i % 97}/pod-${(Math.imul(i, 2654435761) >>> 0).toString(36)}`);
const ALL = { key: Uint8Array.of(0), rangeEnd: Uint8Array.of(0) };

class Bench {
  readonly #member: ChildProcess;
  readonly #channel: Channel;

  constructor(member: ChildProcess, channel: Channel) {
    this.#member = member;
    this.#channel = channel;
  }

  #probe(): Promise<Probe> {
    return new Promise((resolve) => {
      this.#member.once("message", (probe: Probe) => resolve(probe));
      this.#member.send("probe");
    });
  }

  async measure(name: string, run: () => Promise<string>): Promise<void> {
    if (ONLY !== undefined && !ONLY.includes(name)) return;
    await this.#probe();
    const started = performance.now();
    const outcome = await run();
    const took = performance.now() - started;
    const { turnMs, residentMiB } = await this.#probe();
    const columns = [
      name.padEnd(22),
      `${took.toFixed(0)} ms`.padStart(10),
      `longest turn ${turnMs.toFixed(1)} ms`.padStart(24),
      `${residentMiB.toFixed(0)} MiB`.padStart(10),
    ];
    console.log(`${columns.join("  ")}  ${outcome}`);
  }

  async call(method: string, request: Uint8Array): Promise<Uint8Array> {
    return this.#channel.unary(`/etcdserverpb.KV/${method}`, request);
  }

  async fill(): Promise<number> {
    const value = Buffer.alloc(VALUE_BYTES, "v");
    let revision = 0;
    const batch = async (from: number): Promise<void> => {
      const success = Array.from({ length: Math.min(KEYS_PER_TXN, KEYS - from) }, (_, i) => ({
        requestPut: { key: keyOf(from + i), value },
      }));
      const reply = await this.call("Txn", messages.TxnRequest.encode({ success }));
      revision = Math.max(revision, messages.TxnResponse.decode(reply).header?.revision ?? 0);
    };
    for (let from = 0; from < KEYS; from += 4 * KEYS_PER_TXN) {
      const some = [0, 1, 2, 3].map((i) => from + i * KEYS_PER_TXN).filter((at) => at < KEYS);
      await Promise.all(some.map(batch));
    }
    return revision;
  }

  async range(fields: messages.Init<messages.RangeRequest>): Promise<string> {
    const request = messages.RangeRequest.encode({ ...ALL, ...fields });
    try {
      const reply = await this.call("Range", request);
      return `${(reply.length / 2 ** 20).toFixed(1)} MiB`;
    } catch (error) {
      if (error instanceof RpcError) return `code ${error.code}: ${error.message}`;
      throw error;
    }
  }

  /** All pages of 10,000 keys, as one who lists with a limit does. */
  async pages(revision: number): Promise<string> {
    let { key } = ALL;
    for (let pages = 1; ; pages++) {
      const fields = { key, rangeEnd: ALL.rangeEnd, revision, limit: 10_000, keysOnly: true };
      const reply = await this.call("Range", messages.RangeRequest.encode(fields));
      const { kvs, more } = messages.RangeResponse.decode(reply);
      if (!more) return `${pages} pages`;
      key = Buffer.concat([kvs.at(-1)!.key, Uint8Array.of(0)]);
    }
  }

  stream(): Promise<string> {
    const call = this.#channel.stream("/etcdserverpb.KV/RangeStream");
    let received = 0;
    let chunks = 0;
    return new Promise((resolve, reject) => {
      call.onMessage = (message) => {
        received += message.length;
        chunks++;
      };
      call.onEnd = ({ code, message }) => {
        if (code === 0) resolve(`${(received / 2 ** 20).toFixed(1)} MiB in ${chunks} messages`);
        else reject(new Error(message));
      };
      call.send(messages.RangeRequest.encode(ALL));
      call.halfClose();
    });
  }

  async compact(revision: number): Promise<string> {
    const request = messages.CompactionRequest.encode({ revision, physical: true });
    await this.call("Compact", request);
    return `to ${revision}`;
  }

  async delete(): Promise<string> {
    const reply = await this.call("DeleteRange", messages.DeleteRangeRequest.encode(ALL));
    const { deleted, header } = messages.DeleteRangeResponse.decode(reply);
    return `${deleted} keys at ${header?.revision}`;
  }
}

async function measureAll(bench: Bench): Promise<void> {
  const { SortOrder, SortTarget } = messages;
  const first = await bench.fill();
  await bench.measure("count", () => bench.range({ countOnly: true }));
  await bench.measure("keys", () => bench.range({ keysOnly: true }));
  await bench.measure("whole", () => bench.range({}));
  await bench.measure("stream", () => bench.stream());
  const newest = { sortTarget: SortTarget.MOD, sortOrder: SortOrder.DESCEND };
  await bench.measure("newest-ten", () => bench.range({ ...newest, limit: 10 }));
  await bench.measure("sorted-newest", () => bench.range(newest));
  await bench.measure("sorted-keys-down", () => bench.range({ sortOrder: SortOrder.DESCEND }));
  const byValue = { sortTarget: SortTarget.VALUE, sortOrder: SortOrder.ASCEND };
  await bench.measure("sorted-by-value", () => bench.range(byValue));
  await bench.measure("four-at-once", async () => {
    const fields = { keysOnly: true };
    const replies = await Promise.all([1, 2, 3, 4].map(() => bench.range(fields)));
    return replies.join(", ");
  });

  const second = await bench.fill();
  await bench.measure("old-count", () => bench.range({ countOnly: true, revision: first }));
  await bench.measure("old-keys", () => bench.range({ keysOnly: true, revision: first }));
  await bench.measure("old-first-500", () => bench.range({ limit: 500, revision: first }));
  await bench.measure("old-pages", () => bench.pages(first));
  await bench.measure("compact-overwritten", () => bench.compact(second));
  await bench.measure("delete", () => bench.delete());
  await bench.measure("count-of-deleted", () => bench.range({ countOnly: true }));
  await bench.measure("keys-of-deleted", () => bench.range({ keysOnly: true }));
  await bench.measure("compact-deleted", async () => {
    // A tombstone at the compacted revision itself would stay.
    const reply = await bench.call("Put", messages.PutRequest.encode({ key: keyOf(0) }));
    return bench.compact(messages.PutResponse.decode(reply).header?.revision ?? 0);
  });
}

async function main(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "large-ranges-"));
  const member = fork(import.meta.filename, [directory], {
    execArgv: [...process.execArgv, "--max-old-space-size=8192"],
  });
  const { port } = await new Promise<Probe>((resolve) => member.once("message", resolve));
  const channel = new Channel({
    network: nodeNetwork,
    clock: nodeClock,
    host: "127.0.0.1",
    port: port!,
  });
  console.log(`${KEYS.toLocaleString("en")} keys with values of ${VALUE_BYTES} bytes`);
  try {
    await measureAll(new Bench(member, channel));
  } finally {
    channel.close();
    const ended = new Promise((resolve) => member.once("exit", resolve));
    member.disconnect();
    await ended;
    rmSync(directory, { recursive: true });
  }
}

const [dataDir] = process.argv.slice(2);
await (dataDir === undefined ? main() : serve(dataDir));
