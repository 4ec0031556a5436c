import { FlagValueError } from "./value-error.ts";

const URL_SHAPE = /^([a-zA-Z][a-zA-Z0-9+.-]*):\/\/([^/?#]*)([^]*)$/;
const HOST_PORT = /^(?:\[[^\]]*\]|[^:]*):\d*$/;

/** The checks of etcd on one URL; the text stays as it was given. */
function checkUrl(given: string): string {
  const url = given.trim();
  const match = URL_SHAPE.exec(url);
  const scheme = match?.[1];
  if (match === null || !["http", "https", "unix", "unixs"].includes(scheme ?? "")) {
    throw new FlagValueError(
      `URL scheme must be http, https, unix, or unixs: ${url}; write it as http://host:port`,
    );
  }
  if (scheme !== "http") {
    throw new FlagValueError(`scheme ${scheme} is not built yet: ${url}; use http://host:port`);
  }
  if (!HOST_PORT.test(match[2] ?? "")) {
    throw new FlagValueError(`URL address does not have the form "host:port": ${url}`);
  }
  if (match[3] !== "") throw new FlagValueError(`URL must not contain a path: ${url}`);
  return url;
}

/** Comma-separated URLs, each once, sorted. The empty text is none. */
export function parseUrls(text: string): string[] {
  if (text === "") return [];
  return [...new Set(text.split(",").map(checkUrl))].sort();
}

/** Host of a checked URL, without brackets. */
export function hostOf(url: string): string {
  const authority = URL_SHAPE.exec(url)?.[2] ?? "";
  return authority.slice(0, authority.lastIndexOf(":")).replace(/^\[|\]$/g, "");
}
