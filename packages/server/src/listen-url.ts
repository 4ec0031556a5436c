import { ServerError } from "./errors.ts";

/** Where a listen URL says to listen, and whether with TLS. */
export type ListenAddress = { readonly isSecure: boolean } & ListenPlace;

type ListenPlace =
  | {
      readonly kind: "tcp";
      /** An address or a name; `localhost` is the address 127.0.0.1, as in etcd. */
      readonly host: string;
      readonly port: number;
      /** The host as the URL has it, in brackets if it is an IPv6 address. */
      readonly shownHost: string;
    }
  | {
      readonly kind: "unix";
      /** Of the socket file, absolute or from the working directory. */
      readonly path: string;
    };

function refuse(message: string): never {
  throw new ServerError("BAD_CONFIG", message);
}

/** Host and path of a URL for a unix socket; one that begins with a name has no slashes in front. */
const UNIX_URL = /^unixs?:(?:\/\/([^/?#]*))?(\/[^?#]*)?$/;

/**
 * The path is host and path together, as in etcd: `unix:///run/etcd.sock` is `/run/etcd.sock`, and
 * `unix://localhost:1234` the file `localhost:1234` in the working directory.
 */
function parseUnixUrl(url: string, option: string): ListenPlace {
  const [matched, host = "", path = ""] = UNIX_URL.exec(url) ?? [];
  if (matched === undefined || host + path === "") {
    refuse(
      `--${option}: "${url}" names no socket file; write unix:///path/of/socket, ` +
        "or unix://name for one in the working directory",
    );
  }
  try {
    return { kind: "unix", path: host + decodeURIComponent(path) };
  } catch {
    return refuse(`--${option}: "${url}" has a % that is not followed by two hexadecimal digits`);
  }
}

/** Whether a URL is served with TLS. */
export function isSecureUrl(url: string): boolean {
  return /^(https|unixs):/i.test(url);
}

function parseTcpUrl(url: string, option: string): ListenPlace {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    const port = Number(/:(\d+)\/?$/.exec(url)?.[1]);
    if (port > 65_535) refuse(`--${option}: "${url}" has port ${port}; the highest is 65535`);
    return refuse(`--${option}: "${url}" is not a URL; write for example http://127.0.0.1:2379`);
  }
  if (!/^https?:$/.test(parsed.protocol)) {
    refuse(`--${option}: "${url}" must begin with http://, https://, unix:// or unixs://`);
  }
  if (parsed.pathname !== "/") refuse(`--${option}: "${url}" must not have a path`);
  // `URL` leaves out the port that is usual for the scheme.
  const written = /^[^:]*:\/\/[^/?#]*:(\d*)(?=[/?#]|$)/.exec(url)?.[1];
  if (written === undefined) refuse(`--${option}: "${url}" has no port`);
  const port = Number(written);
  const shownHost = parsed.hostname;
  const host = shownHost === "localhost" ? "127.0.0.1" : shownHost.replace(/^\[|\]$/g, "");
  return { kind: "tcp", host, port, shownHost };
}

/** Reads `http://host:port` or `unix://path`, or `https` and `unixs` for TLS. Raises `BAD_CONFIG`. */
export function parseListenUrl(url: string, option: string): ListenAddress {
  const place = /^unixs?:/.test(url) ? parseUnixUrl(url, option) : parseTcpUrl(url, option);
  return { ...place, isSecure: isSecureUrl(url) };
}
