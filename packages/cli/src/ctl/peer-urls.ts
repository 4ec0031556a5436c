const SCHEMES = ["http:", "https:", "unix:", "unixs:"];

/** Why these are no URLs of members, in etcd's words; undefined when they are. */
export function checkUrls(urls: readonly string[]): string | undefined {
  for (const text of urls) {
    const fault = checkUrl(text.trim());
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function checkUrl(text: string): string | undefined {
  const match = /^([a-z][a-z0-9+.-]*:)?(?:\/\/([^/?#]*))?([^?#]*)/i.exec(text);
  const [, scheme = "", host = "", path = ""] = match ?? [];
  if (!SCHEMES.includes(scheme.toLowerCase())) {
    return `URL scheme must be http, https, unix, or unixs: ${text}`;
  }
  if (scheme.startsWith("unix")) return undefined;
  if (!/:[^:\]]*$/.test(host)) return `URL address does not have the form "host:port": ${text}`;
  return path === "" ? undefined : `URL must not contain a path: ${text}`;
}
