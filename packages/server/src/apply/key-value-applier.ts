import { applyAlarm } from "./alarm.ts";
import { type Applier, done, type State } from "./applier.ts";
import { applyCompact } from "./compact.ts";
import { applyDeleteRange } from "./delete-range.ts";
import { applyLeaseCheckpoint } from "./lease-checkpoint.ts";
import { applyLeaseGrant } from "./lease-grant.ts";
import { applyLeaseRevoke } from "./lease-revoke.ts";
import { applyPut } from "./put.ts";
import { applyRange } from "./range.ts";
import { applyTxn } from "./txn.ts";

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
