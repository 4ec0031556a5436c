import { PeerError } from "./errors.ts";
import { URLS_MAX } from "./limits.ts";

/** A peer URL that can be dialled. */
export interface PeerUrl {
  /** As it was given. */
  readonly text: string;
  readonly tls: boolean;
  readonly where:
    | { readonly kind: "tcp"; readonly host: string; readonly port: number }
    | { readonly kind: "unix"; readonly path: string };
  /** Of the header `Host`. */
  readonly authority: string;
}

const UNIX = /^(unixs?):\/\/([^?#]*)(?:[?#].*)?$/;
/** Wide: what a committed entry names must be taken; a port that cannot be is found out by dialling. */
const TCP = /^(https?):\/\/(?:[^@/?#]*@)?(\[[^\]]*\]|[^/?#:@[\]]*)(?::(\d*))?\/?(?:[?#].*)?$/;

/** Reads `http://host:port`, `https://…`, `unix://path` or `unixs://…`. Raises `PeerError` BAD_URL. */
export function parsePeerUrl(given: string): PeerUrl {
  const text = given.trim();
  const [, unixScheme, path] = UNIX.exec(text) ?? [];
  if (unixScheme !== undefined && path !== undefined) {
    const tls = unixScheme === "unixs";
    return { text, tls, where: { kind: "unix", path }, authority: "localhost" };
  }
  const [, scheme, named, digits = ""] = TCP.exec(text) ?? [];
  if (scheme === undefined || named === undefined) {
    throw new PeerError(
      "BAD_URL",
      `"${text}" is no peer URL; write http://host:port or https://host:port`,
    );
  }
  const tls = scheme === "https";
  const name = named === "" ? "localhost" : named;
  const port = digits === "" ? (tls ? 443 : 80) : Number(digits);
  const host = name.startsWith("[") ? name.slice(1, -1) : name;
  return { text, tls, where: { kind: "tcp", host, port }, authority: `${name}:${port}` };
}

/** The URLs of one peer; one is used until it fails, then the next. */
export class PeerUrls {
  #urls: readonly PeerUrl[];
  #at = 0;

  constructor(urls: readonly string[]) {
    this.#urls = parseAll(urls);
  }

  get current(): PeerUrl {
    return this.#urls[this.#at]!;
  }

  get texts(): readonly string[] {
    return this.#urls.map(({ text }) => text);
  }

  replace(urls: readonly string[]): void {
    this.#urls = parseAll(urls);
    this.#at = 0;
  }

  /** Goes on to the next one if this is the one in use: several may report the same failure. */
  failed(url: PeerUrl): void {
    if (url === this.current) this.#at = (this.#at + 1) % this.#urls.length;
  }
}

function parseAll(urls: readonly string[]): PeerUrl[] {
  const parsed = urls.slice(0, URLS_MAX).map(parsePeerUrl);
  if (parsed.length === 0) throw new PeerError("BAD_URL", "A peer needs at least one URL");
  return parsed;
}
