import { FlagValueError } from "./value-error.ts";

const SCHEME = /^([a-zA-Z][a-zA-Z0-9+.-]*):/;
/** User, host with port, path, and what is after it: as in etcd, only the path is refused. */
const HTTP_SHAPE = /^https?:\/\/(?:[^/?#@]*@)?([^/?#@]*)([^?#]*)/;
const HOST_PORT = /^(?:\[[^\]]*\]|[^:]*):\d*$/;
/** Host or path, or both. */
const SOCKET_FILE = /^unixs?:(?:\/\/[^/?#]|\/\/\/[^/?#]|\/[^/?#])/;

/** Those of unix sockets have no host and no port. */
export function isUnixUrl(url: string): boolean {
  return /^unixs?:/.test(url);
}

/** The checks of etcd on one URL; the text stays as it was given, but for the scheme in small letters. */
function checkUrl(given: string): string {
  const url = given.trim().replace(SCHEME, (scheme) => scheme.toLowerCase());
  const scheme = SCHEME.exec(url)?.[1] ?? "";
  if (!["http", "https", "unix", "unixs"].includes(scheme)) {
    throw new FlagValueError(
      `URL scheme must be http, https, unix, or unixs: ${url}; write it as http://host:port or https://host:port`,
    );
  }
  if (isUnixUrl(url)) return url;
  const [, address = "", rest = ""] = HTTP_SHAPE.exec(url) ?? [];
  if (!HOST_PORT.test(address)) {
    throw new FlagValueError(`URL address does not have the form "host:port": ${url}`);
  }
  if (rest !== "") throw new FlagValueError(`URL must not contain a path: ${url}`);
  return url;
}

/** What more is asked of a URL to listen on. */
function checkListenUrl(given: string): string {
  const url = checkUrl(given);
  if (isUnixUrl(url) && !SOCKET_FILE.test(url)) {
    throw new FlagValueError(
      `URL names no socket file: ${url}; write unix:///path, or unix://name for one in the working directory`,
    );
  }
  return url;
}

function eachOnce(text: string, check: (url: string) => string): string[] {
  if (text === "") return [];
  return [...new Set(text.split(",").map(check))].sort();
}

/** Comma-separated URLs that others are told of, each once, sorted. The empty text is none. */
export function parseUrls(text: string): string[] {
  return eachOnce(text, checkUrl);
}

/** As `parseUrls`, of those that this program can listen on. */
export function parseListenUrls(text: string): string[] {
  return eachOnce(text, checkListenUrl);
}

/** Host of a checked URL that is none of a unix socket, without brackets. */
export function hostOf(url: string): string {
  const authority = HTTP_SHAPE.exec(url)?.[1] ?? "";
  return authority.slice(0, authority.lastIndexOf(":")).replace(/^\[|\]$/g, "");
}
