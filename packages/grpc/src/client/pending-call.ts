import type { CallStatus } from "../transport.ts";
import type { ClientConnection } from "./client-connection.ts";

/** A call that has not got its stream yet. */
export interface PendingCall {
  /** Ended while it waited: skip it. */
  readonly over: boolean;
  start(connection: ClientConnection): void;
  /** There is no connection to be had. */
  giveUp(status: CallStatus): void;
}
