import { Client } from "@nodetcd/client";
import { LocalTransport } from "@nodetcd/grpc";
import { type Logger, type Runtime, silentLogger } from "@nodetcd/runtime";
import { MemoryDisk } from "@nodetcd/runtime/memory";
import { nodeRuntime } from "@nodetcd/runtime/node";
import { defaultConfig, type MemberConfig, startMember } from "@nodetcd/server";
import { checkStartOptions } from "./check-options.ts";
import { Faults } from "./faults/faults.ts";
import { faultyNetwork } from "./faults/faulty-network.ts";
import { FaultyTransport } from "./faults/faulty-transport.ts";
import { IN_MEMORY } from "./in-memory.ts";
import { reset } from "./reset.ts";
import { seed, type SeedObject } from "./seed.ts";
import { TestClock } from "./test-clock.ts";

export interface StartOptions {
  /** Folder of the member's data, made when missing. Default: none, all is in memory and gone with `stop`. */
  dataDir?: string;
  /** Port on 127.0.0.1 for other clients. Default 0: a free one; see `endpoint`. */
  clientPort?: number;
  /** False: no port at all, only `client`. Default true. */
  listen?: boolean;
  /** Name of the member. Default `nodetcd`. */
  name?: string;
  /** Any other setting of a member; wins over the options above. With `clientTls` the port is `https`. Default: etcd's. */
  config?: Partial<MemberConfig>;
  /** Gets the member's log lines. Default: nobody. */
  logger?: Logger;
}

/** A member that runs in this process. */
export interface Etcd extends AsyncDisposable {
  /** Calls the member without a socket. Closed by `stop`. */
  readonly client: Client;
  /** `http://127.0.0.1:port` for other clients, or `https`; empty with `listen: false`. */
  readonly endpoint: string;
  /** Undefined: it is in memory. */
  readonly dataDir: string | undefined;
  /** Resolves, never rejects, when the member cannot go on because storage failed. */
  readonly failed: Promise<Error>;
  /** The time of the member and of `client`: `await etcd.clock.advance("10s")`. */
  readonly clock: TestClock;
  /** Makes it slow, silent or unreachable: `etcd.faults.delay("50ms")`. */
  readonly faults: Faults;
  /**
   * As new for the next test: faults end, watches of `client` end without an error, all keys and leases are deleted. Users,
   * the revision and watches of other clients, which see the deletions, stay.
   */
  reset(): Promise<void>;
  /** Stores keys: an object of them, or what `etcdctl snapshot save` has written. See `SeedObject`. */
  seed(data: SeedObject | Uint8Array): Promise<void>;
  /** Ends calls and watches, commits, closes files and ports. Idempotent. */
  stop(): Promise<void>;
}

/**
 * Starts an etcd member in this process:
 *
 *     await using etcd = await startEtcd();
 *     await etcd.client.put("greeting", "hello");
 *
 * Any number can run side by side. Raises `ServerError` when it cannot start; then nothing is left behind.
 */
export async function startEtcd(options: StartOptions = {}): Promise<Etcd> {
  checkStartOptions({ ...options });
  const clock = new TestClock(nodeRuntime.clock);
  const memory = options.dataDir === undefined ? new MemoryDisk(nodeRuntime.clock) : undefined;
  const faults = new Faults(clock, memory);
  const runtime: Runtime = {
    ...nodeRuntime,
    clock,
    disk: memory ?? nodeRuntime.disk,
    network: faultyNetwork(nodeRuntime.network, faults),
  };
  const member = await startMember(runtime, memberConfig(options), options.logger ?? silentLogger);
  const transport = new FaultyTransport(new LocalTransport(member.services, clock), faults);
  const client = new Client({ runtime, transport });
  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    faults.clear();
    client.close();
    stopping ??= client.closed.then(() => member.stop());
    return stopping;
  };
  return {
    client,
    endpoint: member.clientUrls[0] ?? "",
    dataDir: options.dataDir,
    failed: member.failed,
    clock,
    faults,
    reset: () => {
      faults.clear();
      return reset(client);
    },
    seed: (data) => seed(client, clock, data),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function memberConfig(options: StartOptions): MemberConfig {
  const { dataDir, clientPort = 0, listen = true, name = "nodetcd", config } = options;
  const scheme = config?.clientTls === undefined ? "http" : "https";
  return {
    ...defaultConfig,
    ...(dataDir === undefined ? IN_MEMORY : { dataDir }),
    name,
    listenClientUrls: listen ? [`${scheme}://127.0.0.1:${clientPort}`] : [],
    listenPeerUrls: [],
    ...config,
  };
}
