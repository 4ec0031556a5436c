import { HeaderEntry } from "./header-entry.ts";

/** RFC 7541 appendix A: name, or name and value; the first line has index 1. */
const LINES = `
:authority
:method GET
:method POST
:path /
:path /index.html
:scheme http
:scheme https
:status 200
:status 204
:status 206
:status 304
:status 400
:status 404
:status 500
accept-charset
accept-encoding gzip, deflate
accept-language
accept-ranges
accept
access-control-allow-origin
age
allow
authorization
cache-control
content-disposition
content-encoding
content-language
content-length
content-location
content-range
content-type
cookie
date
etag
expect
expires
from
host
if-match
if-modified-since
if-none-match
if-range
if-unmodified-since
last-modified
link
location
max-forwards
proxy-authenticate
proxy-authorization
range
referer
refresh
retry-after
server
set-cookie
strict-transport-security
transfer-encoding
user-agent
vary
via
www-authenticate`;

function parseLine(line: string): HeaderEntry {
  const space = line.indexOf(" ");
  return space < 0
    ? new HeaderEntry(line, "")
    : new HeaderEntry(line.slice(0, space), line.slice(space + 1));
}

/** Entry `i` has HPACK index `i + 1`. */
export const STATIC_TABLE: readonly HeaderEntry[] = LINES.trim().split("\n").map(parseLine);

/** Index of the first entry with this name. */
export const STATIC_NAMES: ReadonlyMap<string, number> = new Map(
  STATIC_TABLE.map((entry, i) => [entry.name, i + 1] as const).reverse(),
);

/** Index of the entry with this name and value; the key is `fieldKey(name, value)`. */
export const STATIC_FIELDS: ReadonlyMap<string, number> = new Map(
  STATIC_TABLE.map((entry, i) => [fieldKey(entry.name, entry.value), i + 1] as const),
);

export function fieldKey(name: string, value: string): string {
  return `${name}\n${value}`;
}
