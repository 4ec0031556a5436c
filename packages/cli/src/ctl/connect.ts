import { readFileSync } from "node:fs";
import { Client, type ClientOptions, EtcdError } from "@nodetcd/client";
import { nodeRuntime } from "@nodetcd/runtime/node";
import { badArguments, EXIT, ExitError } from "../command-line/exit.ts";
import type { FlagValues } from "../command-line/flag.ts";
import type { Output } from "../output.ts";
import { METHODS } from "@nodetcd/messages";
import { askPassword } from "./ask-password.ts";
import { errorText } from "./error-text.ts";
import { failureLine } from "./failure-line.ts";
import { GLOBALS } from "./globals.ts";
import { FORMS } from "./output/forms.ts";
import { Session } from "./session.ts";

/** Milliseconds of silence before a PING: servers end connections that ask more often. */
const KEEPALIVE_MIN_MS = 10_000;

/** The session that the global flags describe. Nothing is sent. Raises `ExitError`. */
export async function connect(flags: FlagValues, out: Output, err: Output): Promise<Session> {
  const endpoints = await findEndpoints(flags, err);
  const common = { ...tlsOptions(flags), ...(await userOptions(flags)) };
  const formName = flags.get(GLOBALS.writeOut);
  const load = FORMS[formName];
  if (load === undefined) throw new ExitError(EXIT.badFeature, "unsupported output format");
  const connectTimeoutMs = flags.get(GLOBALS.dialTimeout);
  const keepalive = {
    intervalMs: Math.max(KEEPALIVE_MIN_MS, flags.get(GLOBALS.keepaliveTime)),
    timeoutMs: flags.get(GLOBALS.keepaliveTimeout),
  };
  const connection = { runtime: nodeRuntime, connectTimeoutMs, keepalive };
  const options = await logIn({ ...connection, endpoints, ...common }, err);
  return new Session({
    endpoints,
    open: (some, onCall = () => undefined) => openClient({ ...options, endpoints: some, onCall }),
    form: await load(),
    formName,
    hex: flags.get(GLOBALS.hex),
    timeoutMs: flags.get(GLOBALS.commandTimeout),
    isTimeoutGiven: flags.has(GLOBALS.commandTimeout),
    maxRequestBytes: Number(flags.get(GLOBALS.maxRequestBytes)),
    out,
    err,
  });
}

/**
 * Asks for a token before anything else, as etcd's client does: who may not log in gets exit code 2. Where authentication is
 * off the user counts for nothing.
 */
async function logIn(options: ClientOptions, err: Output): Promise<ClientOptions> {
  const { credentials: user, ...anonymous } = options;
  if (user === undefined) return options;
  const client = openClient(anonymous);
  const { Authenticate } = METHODS.Auth;
  const timeoutMs = options.connectTimeoutMs ?? 0;
  try {
    const { token } = await client.call(Authenticate, user, { timeoutMs });
    return { ...options, token };
  } catch (error) {
    if (!(error instanceof EtcdError)) throw error;
    err.write(failureLine(Authenticate.path, [options.endpoints ?? []].flat(), error));
    if (error.code === "AUTH_NOT_ENABLED") return anonymous;
    throw new ExitError(EXIT.badConnection, errorText(error));
  } finally {
    client.close();
  }
}

export function openClient(options: ClientOptions): Client {
  const { endpoints = [] } = options;
  if (endpoints.length === 0) {
    throw new ExitError(EXIT.badConnection, "etcdclient: no available endpoints");
  }
  try {
    return new Client(options);
  } catch (error) {
    if (!(error instanceof EtcdError)) throw error;
    throw badArguments(error.message);
  }
}

/** What the flags say about TLS, as options of a client. */
function tlsOptions(flags: FlagValues): Partial<ClientOptions> {
  for (const flag of [GLOBALS.cert, GLOBALS.key, GLOBALS.cacert]) {
    if (flags.has(flag) && flags.get(flag) === "") {
      throw badArguments(`empty string is passed to --${flag.name} option`);
    }
  }
  return readTls({
    cert: flags.get(GLOBALS.cert),
    key: flags.get(GLOBALS.key),
    cacert: flags.get(GLOBALS.cacert),
    insecureTransport: flags.get(GLOBALS.insecureTransport),
    skipVerify: flags.get(GLOBALS.skipVerify),
  });
}

export interface TlsFlags {
  readonly cert: string;
  readonly key: string;
  readonly cacert: string;
  readonly insecureTransport: boolean;
  readonly skipVerify: boolean;
}

/** Reads the files. Raises `ExitError` for one that cannot be read. */
export function readTls(tls: TlsFlags): Partial<ClientOptions> {
  const read = (path: string): string => {
    try {
      return readFileSync(path, "utf8");
    } catch {
      throw badArguments(`open ${path}: no such file or directory`);
    }
  };
  const isAsked = tls.cert !== "" || tls.key !== "" || tls.cacert !== "" || tls.skipVerify;
  if (tls.insecureTransport && !isAsked) return {};
  return {
    tls: {
      ...(tls.cacert === "" ? {} : { ca: read(tls.cacert) }),
      ...(tls.cert === ""
        ? {}
        : { cert: read(tls.cert), key: read(tls.key === "" ? tls.cert : tls.key) }),
      ...(tls.skipVerify ? { skipVerify: true } : {}),
    },
  };
}

async function userOptions(flags: FlagValues): Promise<Partial<ClientOptions>> {
  const token = flags.get(GLOBALS.token);
  if (token !== "") return { token };
  return await credentials(flags.get(GLOBALS.user), flags.get(GLOBALS.password), "Password: ");
}

/** `name:password`, or a name with the password beside it, or asked for. */
export async function credentials(
  user: string,
  password: string,
  prompt: string,
): Promise<Partial<ClientOptions>> {
  if (user === "") return {};
  if (password !== "") return { credentials: { name: user, password } };
  const colon = user.indexOf(":");
  if (colon >= 0) {
    const [name, secret] = [user.slice(0, colon), user.slice(colon + 1)];
    // As etcd's client, which logs in nobody without both.
    return name === "" || secret === "" ? {} : { credentials: { name, password: secret } };
  }
  return { credentials: { name: user, password: await askPassword(prompt) } };
}

async function findEndpoints(flags: FlagValues, err: Output): Promise<string[]> {
  const domain = flags.get(GLOBALS.discoverySrv);
  const found = domain === "" ? [] : await lookUp(domain, flags.get(GLOBALS.discoverySrvName));
  const usable = found.filter((url) => {
    if (flags.get(GLOBALS.insecureDiscovery) || !url.startsWith("http://")) return true;
    err.write(`ignoring discovered insecure endpoint ${JSON.stringify(url)}\n`);
    return false;
  });
  return usable.length > 0 ? usable : flags.get(GLOBALS.endpoints).map((one) => one.trim());
}

async function lookUp(domain: string, service: string): Promise<string[]> {
  const { discoverEndpoints } = await import("../discover-endpoints.ts");
  try {
    return (await discoverEndpoints(domain, service)).map(({ url }) => url);
  } catch (error) {
    throw new ExitError(EXIT.error, error instanceof Error ? error.message : String(error));
  }
}
