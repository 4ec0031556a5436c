import type { AuthStore, TokenProvider } from "@nodetcd/auth";
import type { Backend } from "@nodetcd/backend";
import type { Lessor } from "@nodetcd/lease";
import type { Store } from "@nodetcd/mvcc";
import type { Clock } from "@nodetcd/runtime";
import type { Alarms } from "../state/alarms.ts";
import type { ResponseHeaders } from "../wire/response-header.ts";
import { applyAlarm } from "./alarm.ts";
import { type Applier, done } from "./applier.ts";
import { applyCompact } from "./compact.ts";
import { applyDeleteRange } from "./delete-range.ts";
import { applyLeaseCheckpoint } from "./lease-checkpoint.ts";
import { applyLeaseGrant } from "./lease-grant.ts";
import { applyLeaseRevoke } from "./lease-revoke.ts";
import { applyPut } from "./put.ts";
import { applyRange } from "./range.ts";
import { applyTxn } from "./txn.ts";

/** Everything that requests change. */
export interface State {
  readonly clock: Clock;
  readonly backend: Backend;
  readonly store: Store;
  readonly lessor: Lessor;
  readonly alarms: Alarms;
  readonly auth: AuthStore;
  readonly tokens: TokenProvider;
  readonly headers: ResponseHeaders;
}

/** The applier under all guards: does what the request says. */
export function keyValueApplier(state: State): Applier {
  const { clock, backend, store, lessor, alarms, headers } = state;
  const revision = (): number => store.revision;
  return {
    put: (request) => done(applyPut(store, lessor, headers, request)),
    range: (request) => done(applyRange(store, headers, request)),
    deleteRange: (request, { needsReply }) =>
      applyDeleteRange(clock, store, headers, request, needsReply),
    txn: (request, { needsReply }) => applyTxn(state, request, needsReply),
    compact: (request) => applyCompact(store, backend, headers, request),
    leaseGrant: (request) => done(applyLeaseGrant(lessor, headers, revision(), request)),
    leaseRevoke: (request) => applyLeaseRevoke(lessor, store, headers, request),
    leaseCheckpoint: (request) => done(applyLeaseCheckpoint(lessor, headers, revision(), request)),
    alarm: (request) => done(applyAlarm(alarms, headers, revision(), request)),
  };
}
