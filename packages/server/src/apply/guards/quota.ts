import { RequestError } from "../../errors.ts";
import { putCost, type Quota, txnCost } from "../../state/quota.ts";
import type { Applier, Continuation } from "../applier.ts";

/** Does all that is left, and refuses it then. */
function refusedAfter(next: Continuation): undefined {
  if (next() !== undefined) throw new RequestError("NO_SPACE");
}

/**
 * Applies a request that exceeds the quota (every member must), but refuses it afterwards: the
 * caller raises the NOSPACE alarm, which stops the next ones.
 */
export function quotaGuard(inner: Applier, quota: Quota): Applier {
  const refuse = (fits: boolean): void => {
    if (!fits) throw new RequestError("NO_SPACE");
  };
  return {
    ...inner,
    put(request, context) {
      const fits = quota.fits(putCost(request));
      const reply = inner.put(request, context);
      refuse(fits);
      return reply;
    },
    txn(request, context) {
      const fits = quota.fits(txnCost(request));
      const outcome = inner.txn(request, context);
      if (outcome.kind !== "unfinished") refuse(fits);
      else if (!fits) return { ...outcome, next: () => refusedAfter(outcome.next) };
      return outcome;
    },
    leaseGrant(request, context) {
      const fits = quota.fitsLease();
      const reply = inner.leaseGrant(request, context);
      refuse(fits);
      return reply;
    },
  };
}
