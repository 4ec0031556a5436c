import { ApiError } from "../errors.ts";
import type { HttpRequest } from "../http/exchange.ts";
import type { Attributes, Authorizer, User } from "./authorize.ts";
import { ALLOW_ALL } from "./authorize.ts";

/** Who everybody is where no tokens are asked for. */
const EVERYBODY: User = { name: "system:admin", groups: ["system:masters"] };
const ADMINS = "system:masters";
const NAMESPACE_GROUP = "namespace:";

export interface TokenUser extends User {
  readonly token: string;
}

/** One line of a CSV file, with `"a,b"` for a field that has commas. */
function csvFields(line: string): string[] {
  return [...line.matchAll(/(?:^|,)\s*(?:"((?:[^"]|"")*)"|([^",]*))/g)].map(
    ([, quoted, plain = ""]) =>
      quoted === undefined ? plain.trim() : quoted.replaceAll('""', '"'),
  );
}

/**
 * Reads a token file as kube-apiserver has it: `token,user,uid,"group1,group2"`, a line each. Raises `Error` with the
 * line that is none, without showing what is in it.
 */
export function readTokens(text: string): TokenUser[] {
  const users: TokenUser[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    const [token = "", name = "", , groups = ""] = csvFields(line);
    if (token === "" || name === "") {
      throw new Error(`line ${index + 1} is not: token,user,uid,"group1,group2"`);
    }
    const named = groups.split(",").filter((group) => group !== "");
    users.push({ token, name, groups: [...named, "system:authenticated"] });
  }
  return users;
}

/** Compares in the same time wherever texts differ. */
function isSame(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  let different = left.length ^ right.length;
  for (let i = 0; i < left.length; i++) different |= left[i]! ^ (right[i % right.length] ?? 0);
  return different === 0;
}

/** Who is asking. Raises `Unauthorized`. */
export type Authenticate = (request: HttpRequest) => User;

const LOOPBACK_HOST = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i;

function refused(why: string): ApiError {
  return new ApiError("Forbidden", why);
}

function refusePages(request: HttpRequest): void {
  if (request.header("origin") === undefined) return;
  throw refused("Requests of web pages are refused: they carry the header Origin");
}

/**
 * Where no tokens are asked for, only programs of this machine may ask: pages that a browser shows are told by the
 * header `Origin`, and names that a page's owner lets point here by `Host`.
 */
export function anybody(loopback: boolean): Authenticate {
  return (request) => {
    refusePages(request);
    const host = request.header("host") ?? "";
    if (loopback && !LOOPBACK_HOST.test(host)) {
      throw refused(`The host ${host} is refused: without tokens, ask for 127.0.0.1 or localhost`);
    }
    return EVERYBODY;
  };
}

/** Further groups of users, by their names. */
export type Grants = Readonly<Record<string, readonly string[]>>;

/**
 * Reads who may do what where: `alice=*`, `bob=default`, `carol=default:read`. Raises `Error` for what is none.
 */
export function readGrants(texts: readonly string[]): Grants {
  const grants: Record<string, string[]> = {};
  for (const text of texts) {
    const [, name = "", namespace = "", mode = ""] =
      /^([^=]+)=(\*|[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)(:read)?$/.exec(text) ?? [];
    if (name === "" || (namespace === "*" && mode !== "")) {
      throw new Error(`${text} is not USER=NAMESPACE, USER=NAMESPACE:read or USER=*`);
    }
    const group = namespace === "*" ? ADMINS : `${NAMESPACE_GROUP}${namespace}${mode}`;
    grants[name] = [...(grants[name] ?? []), group];
  }
  return grants;
}

export function withGrants(authenticate: Authenticate, grants: Grants): Authenticate {
  return (request) => {
    const { name, groups } = authenticate(request);
    const more = Object.hasOwn(grants, name) ? (grants[name] ?? []) : [];
    return { name, groups: [...groups, ...more] };
  };
}

/**
 * Those who show a certificate of one of our roots; who shows none is asked by `others`. Browsers show certificates
 * for any page, so that pages are refused.
 */
export function byCertificate(others: Authenticate): Authenticate {
  return (request) => {
    const { certificate } = request;
    if (certificate === undefined) return others(request);
    const { verified, name, groups } = certificate;
    if (!verified || name === "") throw new ApiError("Unauthorized", "Unauthorized");
    refusePages(request);
    return { name, groups: [...groups, "system:authenticated"] };
  };
}

/** Only those who show one of these tokens. */
export function byToken(users: readonly TokenUser[]): Authenticate {
  return (request) => {
    const given = /^Bearer (.+)$/i.exec(request.header("authorization") ?? "")?.[1]?.trim() ?? "";
    // All are compared, so that the time does not tell which one was near.
    const found = users.filter(({ token }) => isSame(token, given));
    const [user] = found;
    if (user === undefined) throw new ApiError("Unauthorized", "Unauthorized");
    return { name: user.name, groups: user.groups };
  };
}

/** Namespaces of a user: those of the groups `namespace:NAME` and, to read only, `namespace:NAME:read`. */
function allowsInNamespace({ groups }: User, { namespace, verb }: Attributes): boolean {
  if (namespace === "") return false;
  if (groups.includes(`${NAMESPACE_GROUP}${namespace}`)) return true;
  const reading = verb === "get" || verb === "list" || verb === "watch";
  return reading && groups.includes(`${NAMESPACE_GROUP}${namespace}:read`);
}

/** Everything for `system:masters`; for others what is in their namespaces, and themselves. */
export const BY_NAMESPACE: Authorizer = {
  allows: (user, attributes) => user.groups.includes(ADMINS) || allowsInNamespace(user, attributes),
  rules: (user, namespace) => {
    if (user.groups.includes(ADMINS)) return ALLOW_ALL.rules(user, namespace);
    const all = allowsInNamespace(user, { ...NOTHING, namespace, verb: "create" });
    const some = allowsInNamespace(user, { ...NOTHING, namespace, verb: "get" });
    const verbs = all ? ["*"] : ["get", "list", "watch"];
    const resourceRules = some ? [{ verbs, apiGroups: ["*"], resources: ["*"] }] : [];
    return { resourceRules, nonResourceRules: [], incomplete: false };
  },
};

const NOTHING = { group: "", resource: "", name: "" };
