import { NO_BYTES, RequestHeader } from "@nodetcd/messages";

/** Who makes a request, as far as authentication knows. */
export interface Caller {
  /** Name of the user; "" while authentication is off, and for what a member does by itself. */
  readonly user: string;
  /** Revision of users and roles that the caller was recognised at; 0 with user "". */
  readonly authRevision: number;
  /** Both as fields of an encoded `RequestHeader`. */
  readonly fields: Uint8Array;
}

/** Nobody in particular. */
export const ANYBODY: Caller = { user: "", authRevision: 0, fields: NO_BYTES };

export function callerOf(user: string, authRevision: number): Caller {
  return { user, authRevision, fields: RequestHeader.encode({ username: user, authRevision }) };
}
