import { ConsoleError } from "../errors.ts";
import type { ApiRequest } from "../http/exchange.ts";
import type { Session } from "./sessions.ts";

export const COOKIE = "nodetcd_console";

/** The value of this console's cookie among those of a request's header. */
export function sessionCookie(cookies: string | undefined): string | undefined {
  for (const part of (cookies ?? "").split(";")) {
    const [name, value] = part.trim().split("=", 2);
    if (name === COOKIE) return value;
  }
  return undefined;
}

/** Out of reach of scripts, not sent from other sites, gone with the browser. */
export function setCookie(session: Session, prefix: string, secure: boolean): string {
  const path = prefix === "" ? "/" : prefix;
  return `${COOKIE}=${session.id}; Path=${path}; HttpOnly; SameSite=Strict${secure ? "; Secure" : ""}`;
}

/** True when the browser's side of the connection is https, as a proxy in front says. */
export function isSecure(request: ApiRequest): boolean {
  return request.header("x-forwarded-proto") === "https";
}

/**
 * Refuses what another site may have sent in somebody's name. A browser says where a request comes
 * from in `Sec-Fetch-Site` or `Origin`; both must be this console. A script of another site can
 * neither read the token nor set this header without asking.
 */
export function checkOrigin(request: ApiRequest, session: Session | undefined): void {
  const site = request.header("sec-fetch-site");
  if (site !== undefined && site !== "same-origin") refuse(`It came from a ${site} page.`);
  const origin = request.header("origin");
  const host = request.header("x-forwarded-host") ?? request.header("host");
  if (origin !== undefined && hostOf(origin) !== host) refuse(`It came from a page of ${origin}.`);
  if (session !== undefined && request.header("x-console-token") !== session.token) {
    refuse("Its token is not that of the session. Load the page again.");
  }
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}

function refuse(why: string): never {
  throw new ConsoleError("BAD_ORIGIN", "This request was not sent by a page of this console", why);
}

/**
 * Answers only for the names it is known by, so that a foreign name that is made to point here
 * (DNS rebinding) gets nothing. `hosts` without port; "*" for any.
 */
export function checkHost(host: string | undefined, hosts: readonly string[]): void {
  const name = (host ?? "").replace(/:\d+$/, "").toLowerCase();
  if (hosts.includes("*") || hosts.includes(name)) return;
  throw new ConsoleError(
    "BAD_ORIGIN",
    `This console is not known by the name ${name}`,
    `Start it with --allow-host ${name} if that name is right.`,
  );
}
