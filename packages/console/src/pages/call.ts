import type { Client } from "@nodetcd/client";
import type { AuditEntry } from "../contract/session.ts";
import type { ApiReply } from "../http/exchange.ts";
import type { Query } from "../http/query.ts";
import type { Members } from "../members/ask-members.ts";
import type { Session } from "../session/sessions.ts";
import type { App } from "../app.ts";

/** One request to a page's code, with who asks. */
export interface Call {
  readonly app: App;
  readonly session: Session;
  /** Calls etcd with the rights of who asks. */
  readonly client: Client;
  /** The same for single members. */
  readonly members: Members;
  readonly query: Query;
  /** The JSON body of a POST; undefined otherwise. */
  readonly body: unknown;
  readonly signal: AbortSignal;
  /** True behind https. */
  readonly secure: boolean;
  readonly lastEventId: string | undefined;
  /** Writes a line into the audit list. */
  audit(
    entry: Pick<AuditEntry, "action" | "target" | "outcome" | "detail"> & { revision?: number },
  ): void;
}

/**
 * An address of the API. `open` needs no sign-in; `read` does where etcd has users; `write` also needs
 * that writing is unlocked.
 */
export interface Route {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly access: "open" | "read" | "write";
  readonly run: (call: Call) => Promise<ApiReply> | ApiReply;
}
