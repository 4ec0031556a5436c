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
    put(request, needsReply) {
      const fits = quota.fits(putCost(request));
      const reply = inner.put(request, needsReply);
      refuse(fits);
      return reply;
    },
    txn(request, needsReply) {
      const fits = quota.fits(txnCost(request));
      const reply = inner.txn(request, needsReply);
      refuse(fits);
      return reply;
    },
    leaseGrant(request) {
      const fits = quota.fitsLease();
      const reply = inner.leaseGrant(request);
      refuse(fits);
      return reply;
    },
  };
}
