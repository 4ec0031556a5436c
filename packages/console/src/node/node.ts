import type { AddressInfo } from "node:net";
import { homedir } from "node:os";
import { join } from "node:path";
import type { ClientOptions } from "@nodetcd/client";
import type { Logger } from "@nodetcd/runtime";
import { nodeRuntime } from "@nodetcd/runtime/node";
import { App } from "../app.ts";
import type { WriteState } from "../contract/session.ts";
import { ConsoleError } from "../errors.ts";
import { GATE_FSYNC_MS, SAMPLE_FILE_BYTES } from "../limits.ts";
import type { Sample } from "../samples/sample.ts";
import { assetsAreBuilt } from "./assets.ts";
import { type MemberTls, textFetcher } from "./fetch-text.ts";
import { connectKubernetes, type KubernetesOptions } from "./kubernetes.ts";
import { LineFile } from "./line-file.ts";
import { consoleServer } from "./serve.ts";

export interface ConsoleOptions {
  /** Members of the cluster, as `http://host:port` or `https://host:port`. Default `http://127.0.0.1:2379`. */
  endpoints?: readonly string[];
  /** A member in this process, instead of endpoints. */
  services?: NonNullable<ClientOptions["services"]>;
  /** Where the console itself listens, as `host:port`; port 0 picks one. Default `127.0.0.1:2390`. */
  listen?: string;
  /** Name of the cluster in headings, and what is typed before something destructive. */
  name?: string;
  /** See `AppSettings.writes`. Default `never`. */
  writes?: WriteState;
  /** For samples where etcd has users; people sign in by themselves. */
  credentials?: { name: string; password: string };
  /** For endpoints with `https://`. */
  tls?: MemberTls;
  /** Path before every address when it is served behind a proxy. Default none. */
  prefix?: string;
  /** More host names that it may be asked by; "*" for any. */
  allowHosts?: readonly string[];
  /** Folder of samples and audit. Default below `$XDG_STATE_HOME` or `~/.local/state`; "" for none. */
  stateFolder?: string;
  /** A Kubernetes API for the Jobs page, such as that of `nodetcd jobs`. */
  kubernetes?: KubernetesOptions;
  /** fsync p99 in milliseconds past which tasks take no member away. Default 100. */
  fsyncGateMs?: number;
  version?: string;
  logger?: Logger;
}

export interface RunningConsole {
  /** Where the pages are. */
  readonly url: string;
  close(): Promise<void>;
}

/** Starts the console and resolves once it listens. */
export async function startConsole(options: ConsoleOptions = {}): Promise<RunningConsole> {
  if (!assetsAreBuilt()) {
    const advice = "Run: npm run build:web -w @nodetcd/console";
    throw new ConsoleError("NOT_FOUND", "The pages of the console are not built", advice);
  }
  const { host, port } = parseListen(options.listen ?? "127.0.0.1:2390");
  const prefix = cleanPrefix(options.prefix ?? "");
  const endpoints = options.endpoints ?? ["http://127.0.0.1:2379"];
  const name = options.name ?? endpoints[0]?.replace(/^https?:\/\//, "") ?? "etcd";
  const state = openState(options, name);
  const app = new App({
    runtime: nodeRuntime,
    ...(options.logger === undefined ? {} : { logger: options.logger }),
    connection: {
      ...(options.services === undefined ? { endpoints } : { services: options.services }),
      ...(options.tls === undefined ? {} : { tls: { ...options.tls } }),
      ...(options.credentials === undefined ? {} : { credentials: options.credentials }),
    },
    settings: {
      name,
      version: options.version ?? "",
      writes: options.writes ?? "never",
      prefix,
      fsyncGateMs: options.fsyncGateMs ?? GATE_FSYNC_MS,
      samplesNote: state.note,
    },
    fetchText: textFetcher(options.tls ?? {}),
    ...(options.kubernetes === undefined
      ? {}
      : { kubernetes: connectKubernetes(options.kubernetes) }),
    keepSample: (sample) => state.samples?.add(sample),
    keepAudit: (entry) => state.audit?.add(entry),
    samples: (state.samples?.read() ?? []) as Sample[],
  });
  const hosts = ["localhost", "127.0.0.1", "[::1]", host, ...(options.allowHosts ?? [])];
  const server = consoleServer({ app, hosts });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host.replace(/^\[|\]$/g, ""), resolve);
  }).catch((error: unknown) => {
    app.close();
    throw error;
  });
  const bound = server.address() as AddressInfo;
  return {
    url: `http://${host}:${bound.port}${prefix}/`,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      app.close();
      await closed;
    },
  };
}

function parseListen(text: string): { host: string; port: number } {
  const match = /^(?:https?:\/\/)?(\[[0-9a-f:]+\]|[^:/]*):(\d{1,5})\/?$/i.exec(text);
  const port = Number(match?.[2]);
  if (match === null || port > 65_535) {
    throw new ConsoleError("BAD_REQUEST", `"${text}" is no address`, "Write host:port.");
  }
  return { host: match[1] === "" ? "127.0.0.1" : match[1]!, port };
}

function cleanPrefix(text: string): string {
  const bare = text.replace(/^\/+|\/+$/g, "");
  if (!/^[\w./~-]*$/.test(bare)) {
    throw new ConsoleError("BAD_REQUEST", `"${text}" is no path`, "Write it like /etcd.");
  }
  return bare === "" ? "" : `/${bare}`;
}

interface State {
  readonly samples: LineFile | undefined;
  readonly audit: LineFile | undefined;
  readonly note: string;
}

/** Opens the files beside the console; without them it works, and forgets at its end. */
function openState({ stateFolder, logger }: ConsoleOptions, name: string): State {
  const home = process.env["XDG_STATE_HOME"] ?? join(homedir(), ".local", "state");
  const folder = stateFolder ?? join(home, "nodetcd", "console");
  const forgets = "Samples every 10 s, in memory: they end with this console.";
  if (folder === "") return { samples: undefined, audit: undefined, note: forgets };
  const base = name.replace(/[^\w.-]+/g, "_");
  try {
    const samples = new LineFile(join(folder, `${base}.samples.jsonl`), SAMPLE_FILE_BYTES);
    const audit = new LineFile(join(folder, `${base}.audit.jsonl`), SAMPLE_FILE_BYTES);
    return { samples, audit, note: `Samples every 10 s, kept in ${samples.path}.` };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    logger?.warn("samples are not kept", { error: why });
    return { samples: undefined, audit: undefined, note: `${forgets} (${why})` };
  }
}
