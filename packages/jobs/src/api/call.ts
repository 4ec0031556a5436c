import type { Logger, Runtime } from "@nodetcd/runtime";
import { badRequest } from "../errors.ts";
import type { HttpRequest } from "../http/exchange.ts";
import type { LogSource } from "../log-source.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import type { Authenticate } from "./authenticate.ts";
import type { Authorizer, User } from "./authorize.ts";
import type { Target } from "./parse-path.ts";

/** What all requests share. */
export interface Api {
  readonly store: ObjectStore;
  readonly runtime: Pick<Runtime, "clock" | "random">;
  readonly logger: Logger;
  readonly logs: LogSource;
  readonly authenticate: Authenticate;
  readonly authorizer: Authorizer;
}

/** A request about objects. */
export interface Call {
  readonly api: Api;
  readonly request: HttpRequest;
  readonly target: Target;
  readonly user: User;
  /** Sent back as `Warning` headers; add to them. */
  readonly warnings: string[];
}

/** True for `dryRun=All`: everything is checked and nothing is stored. */
export function isDryRun(asked: readonly string[]): boolean {
  const given = asked.filter((value) => value !== "");
  if (given.some((value) => value !== "All")) {
    const shown = given.map((value) => `"${value}"`).join(", ");
    throw badRequest(`dryRun: Unsupported value: ${shown}: supported values: "All"`);
  }
  return given.length > 0;
}

export function queryNumber(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === "") return undefined;
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  throw badRequest(
    `the query parameter ${name} must be a whole number that is not negative, not "${text}"`,
  );
}

export function queryFlag(query: URLSearchParams, name: string): boolean {
  const text = query.get(name);
  return text === "true" || text === "1" || text === "t";
}
