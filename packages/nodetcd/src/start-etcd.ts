import { Client, type ClientOptions } from "@nodetcd/client";
import { type Logger, silentLogger } from "@nodetcd/runtime";
import { nodeRuntime } from "@nodetcd/runtime/node";
import { checkStartOptions } from "./check-options.ts";
import { defaultConfig, type Member, type MemberConfig, startMember } from "@nodetcd/server";

export interface StartOptions {
  /**
   * Folder of the member's data, made when missing. Default: a temporary folder that `stop` removes,
   * with `unsafeNoFsync`, since nobody will read it after a power cut.
   */
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
  readonly dataDir: string;
  /** Resolves, never rejects, when the member cannot go on because storage failed. */
  readonly failed: Promise<Error>;
  /** Ends calls and watches, commits, closes files and ports. Idempotent. */
  stop(): Promise<void>;
}

function memberConfig(options: StartOptions, dataDir: string): MemberConfig {
  const { clientPort = 0, listen = true, name = "nodetcd", config } = options;
  const scheme = config?.clientTls === undefined ? "http" : "https";
  return {
    ...defaultConfig,
    name,
    dataDir,
    unsafeNoFsync: options.dataDir === undefined,
    listenClientUrls: listen ? [`${scheme}://127.0.0.1:${clientPort}`] : [],
    listenPeerUrls: [],
    ...config,
  };
}

/**
 * Starts an etcd member in this process:
 *
 *     await using etcd = await startEtcd();
 *     await etcd.client.put("greeting", "hello");
 *
 * Any number can run side by side, each with its own folder. Raises `ServerError` when it cannot
 * start; then nothing is left behind.
 */
export async function startEtcd(options: StartOptions = {}): Promise<Etcd> {
  checkStartOptions({ ...options });
  const { disk } = nodeRuntime;
  const temporary = options.dataDir === undefined;
  const dataDir = options.dataDir ?? disk.makeTemporaryDirectory("nodetcd-");
  const removeTemporary = (): void => {
    if (temporary) disk.removeTree(dataDir);
  };
  let member: Member;
  try {
    const config = memberConfig(options, dataDir);
    member = await startMember(nodeRuntime, config, options.logger ?? silentLogger);
  } catch (error) {
    removeTemporary();
    throw error;
  }
  const client = new Client({ runtime: nodeRuntime, services: member.services });
  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    client.close();
    stopping ??= client.closed.then(() => member.stop()).finally(removeTemporary);
    return stopping;
  };
  return {
    client,
    endpoint: member.clientUrls[0] ?? "",
    dataDir,
    failed: member.failed,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** A client of etcd servers elsewhere: `connect("http://127.0.0.1:2379")`. It connects when used. */
export function connect(
  endpoints?: string | readonly string[],
  options: Omit<ClientOptions, "runtime" | "endpoints"> = {},
): Client {
  return new Client({
    ...options,
    runtime: nodeRuntime,
    ...(endpoints === undefined ? {} : { endpoints }),
  });
}
