import { type Client, EtcdError, type Op, op } from "@nodetcd/client";
import { nodeRuntime } from "@nodetcd/runtime/node";
import type { Command } from "../../command-line/command.ts";
import { badArguments, EXIT, ExitError } from "../../command-line/exit.ts";
import {
  type FlagValues,
  intFlag,
  stringFlag,
  switchFlag,
  uintFlag,
} from "../../command-line/flag.ts";
import type { CtlCall } from "../call.ts";
import { credentials, openClient, readTls } from "../connect.ts";
import { errorText } from "../error-text.ts";
import { GLOBALS } from "../globals.ts";
import { toNumber } from "../numbers.ts";
import { Progress } from "../../progress.ts";
import type { Session } from "../session.ts";

const FLAGS = {
  prefix: stringFlag("prefix", "Key-value prefix to mirror"),
  rev: intFlag("rev", "Specify the kv revision to start to mirror"),
  maxTxnOps: uintFlag(
    "max-txn-ops",
    "Maximum number of operations permitted in a transaction during syncing updates.",
    128n,
  ),
  destPrefix: stringFlag(
    "dest-prefix",
    "destination prefix to mirror a prefix to a different prefix in the destination cluster",
  ),
  noDestPrefix: switchFlag(
    "no-dest-prefix",
    "mirror key-values to the root of the destination cluster",
  ),
  cert: stringFlag(
    "dest-cert",
    "Identify secure client using this TLS certificate file for the destination cluster",
  ),
  key: stringFlag("dest-key", "Identify secure client using this TLS key file"),
  cacert: stringFlag(
    "dest-cacert",
    "Verify certificates of TLS enabled secure servers using this CA bundle",
  ),
  insecureTransport: switchFlag(
    "dest-insecure-transport",
    "Disable transport security for client connections",
    true,
  ),
  user: stringFlag(
    "dest-user",
    "Destination username[:password] for authentication (prompt if password is not supplied)",
  ),
  password: stringFlag(
    "dest-password",
    "Destination password for authentication (if this option is used, --user option shouldn't include password)",
  ),
} as const;

/** Milliseconds between two lines with the number of keys that were mirrored. */
const REPORT_MS = 30_000;

export const makeMirror: Command<CtlCall> = {
  use: "make-mirror [options] <destination>",
  short: "Makes a mirror at the destination etcd cluster",
  examples: ["make-mirror other:2379", "make-mirror other:2379 --prefix=app/ --dest-prefix=copy/"],
  flags: Object.values(FLAGS),
  run: async ({ args, flags, connect, err }) => {
    const [destination] = args;
    if (destination === undefined || args.length > 1) {
      throw badArguments("make-mirror takes one destination argument");
    }
    const target = await openTarget(destination, flags);
    try {
      const session = await connect();
      const mirror = new Mirror(session, target, flags);
      const reports = setInterval(() => session.say(String(mirror.total)), REPORT_MS);
      const progress = new Progress(err);
      mirror.onChange = () => progress.update(() => `${mirror.total} keys mirrored`);
      await mirror.run().finally(() => {
        clearInterval(reports);
        progress.done();
      });
    } catch (error) {
      if (!(error instanceof EtcdError)) throw error;
      throw new ExitError(EXIT.error, errorText(error));
    } finally {
      target.close();
    }
    throw new ExitError(EXIT.error, "<nil>");
  },
};

async function openTarget(destination: string, flags: FlagValues): Promise<Client> {
  const tls = readTls({
    cert: flags.get(FLAGS.cert),
    key: flags.get(FLAGS.key),
    cacert: flags.get(FLAGS.cacert),
    insecureTransport: flags.get(FLAGS.insecureTransport),
    skipVerify: false,
  });
  const user = await credentials(
    flags.get(FLAGS.user),
    flags.get(FLAGS.password),
    "Destination Password: ",
  );
  return openClient({
    runtime: nodeRuntime,
    endpoints: [destination],
    connectTimeoutMs: flags.get(GLOBALS.dialTimeout),
    timeoutMs: Number.POSITIVE_INFINITY,
    ...tls,
    ...user,
  });
}

/** Copies what there is, then each change as it comes; the changes of one revision in one transaction. */
class Mirror {
  total = 0;
  onChange: () => void = () => undefined;
  readonly #source: Client;
  readonly #target: Client;
  readonly #prefix: string;
  readonly #maxOps: number;
  readonly #revision: number;
  #targetPrefix: string;

  constructor({ client }: Session, target: Client, flags: FlagValues) {
    this.#source = client;
    this.#target = target;
    this.#prefix = flags.get(FLAGS.prefix);
    this.#maxOps = Math.max(1, toNumber(flags.get(FLAGS.maxTxnOps)));
    this.#revision = Math.max(0, toNumber(flags.get(FLAGS.rev)) - 1);
    this.#targetPrefix = flags.get(FLAGS.destPrefix);
    const bare = flags.get(FLAGS.noDestPrefix);
    if (bare && this.#targetPrefix !== "") {
      throw badArguments(
        "`--dest-prefix` and `--no-dest-prefix` cannot be set at the same time, choose one",
      );
    }
    // With a revision to start at etcdctl takes the prefix off unless one is given; so do we.
    if (!bare && this.#targetPrefix === "" && this.#revision === 0)
      this.#targetPrefix = this.#prefix;
  }

  async run(): Promise<void> {
    const revision = this.#revision === 0 ? await this.#copyAll() : this.#revision;
    const watcher = this.#source.watch(this.#prefix, { prefix: true, startRevision: revision + 1 });
    for await (const { events } of watcher.batches()) {
      let operations: Op[] = [];
      let last = 0;
      for (const { type, keyValue } of events) {
        const isNew = last !== 0 && keyValue.modRevision > last;
        if (isNew || operations.length === this.#maxOps) {
          await this.#commit(operations);
          operations = [];
        }
        last = keyValue.modRevision;
        const key = this.#targetKey(keyValue.key);
        operations.push(type === "put" ? op.put(key, keyValue.value) : op.delete(key));
      }
      if (operations.length > 0) await this.#commit(operations);
    }
  }

  /** @returns the revision of the copy */
  async #copyAll(): Promise<number> {
    const { revision } = await this.#source.range(this.#prefix, { prefix: true, countOnly: true });
    for await (const { key, value } of this.#source.entries(this.#prefix, {
      prefix: true,
      revision,
    })) {
      await this.#target.put(this.#targetKey(key), value);
      this.#count(1);
    }
    return revision;
  }

  async #commit(operations: readonly Op[]): Promise<void> {
    await this.#target
      .txn()
      .then(...operations)
      .commit();
    this.#count(operations.length);
  }

  #count(keys: number): void {
    this.total += keys;
    this.onChange();
  }

  #targetKey(key: Uint8Array): Uint8Array {
    const rest = key.subarray(Buffer.byteLength(this.#prefix));
    return Buffer.concat([Buffer.from(this.#targetPrefix), rest]);
  }
}
