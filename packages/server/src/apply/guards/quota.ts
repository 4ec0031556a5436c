import { RequestError } from "../../errors.ts";
import { putCost, type Quota, txnCost } from "../../state/quota.ts";
import type { Applier } from "../applier.ts";

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
      const reply = inner.txn(request, context);
      refuse(fits);
      return reply;
    },
    leaseGrant(request, context) {
      const fits = quota.fitsLease();
      const reply = inner.leaseGrant(request, context);
      refuse(fits);
      return reply;
    },
  };
}
