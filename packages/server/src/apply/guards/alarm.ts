import { RequestError } from "../../errors.ts";
import type { Applier } from "../applier.ts";
import { txnCost } from "../../state/quota.ts";

/** While the NOSPACE alarm is raised: nothing that adds keys or leases. */
export function noSpaceGuard(inner: Applier): Applier {
  const refuse = (): never => {
    throw new RequestError("NO_SPACE");
  };
  return {
    ...inner,
    put: refuse,
    txn: (request, context) => (txnCost(request) > 0 ? refuse() : inner.txn(request, context)),
    leaseGrant: refuse,
  };
}

/** While the CORRUPT alarm is raised: neither keys nor leases are read or changed. */
export function corruptGuard(inner: Applier): Applier {
  const refuse = (): never => {
    throw new RequestError("CORRUPT");
  };
  return {
    ...inner,
    put: refuse,
    range: refuse,
    deleteRange: refuse,
    txn: refuse,
    compact: refuse,
    leaseGrant: refuse,
    leaseRevoke: refuse,
  };
}
