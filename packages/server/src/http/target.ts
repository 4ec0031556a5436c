import type {
  Http1Exchange,
  Http1ExchangeHandler,
  Http1Request,
  Http1Response,
} from "@nodetcd/runtime";
import { textReply } from "./reply.ts";

/** What a request is for. */
export interface Target {
  /** Decoded. */
  readonly path: string;
  /** As it came, with the `?` in front; "" when there is none. */
  readonly query: string;
}

/** Undefined for a target that is no path. */
export function targetOf({ url }: Http1Request): Target | undefined {
  const [, path, query = ""] = /^(?:https?:\/\/[^/?]*)?(\/[^?]*)(\?[^]*)?$/i.exec(url) ?? [];
  if (path === undefined) return undefined;
  try {
    return { path: decodeURIComponent(path), query };
  } catch {
    return undefined;
  }
}

/** Without empty, `.` and `..` segments; a slash at the end stays. */
export function cleanPath(path: string): string {
  const clean: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") clean.pop();
    else if (part !== "" && part !== ".") clean.push(part);
  }
  const end = clean.length > 0 && /\/\.{0,2}$/.test(path) ? "/" : "";
  return `/${clean.join("/")}${end}`;
}

/** As Go's server sends it: a page that says so for GET and HEAD. */
export function redirect({ method }: Http1Request, path: string, query: string): Http1Response {
  const location = `${encodeURI(path)}${query}`;
  if (method !== "GET" && method !== "HEAD") {
    return { status: 307, headers: { Location: location }, body: "" };
  }
  const headers = { Location: location, "Content-Type": "text/html; charset=utf-8" };
  const shown = location.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
  return { status: 307, headers, body: `<a href="${shown}">Temporary Redirect</a>.\n\n` };
}

/** Puts in front of all paths what Go's server does: bad targets are refused, unclean paths redirected. */
export function withCleanPath(handler: Http1ExchangeHandler): Http1ExchangeHandler {
  return (exchange: Http1Exchange) => {
    if (exchange.url === "*") {
      const status = exchange.method === "OPTIONS" ? 200 : 400;
      return { status, headers: {}, body: "" };
    }
    const target = targetOf(exchange);
    if (target === undefined) return textReply(400, "400 Bad Request");
    const clean = cleanPath(target.path);
    return clean === target.path ? handler(exchange) : redirect(exchange, clean, target.query);
  };
}
