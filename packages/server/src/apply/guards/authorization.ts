import {
  type AttachedKeys,
  type AuthStore,
  checkDeleteRange,
  checkLease,
  checkPut,
  checkRange,
  checkTxn,
} from "@nodetcd/auth";
import type { Lessor } from "@nodetcd/lease";
import type { Applier } from "../applier.ts";

/**
 * While authentication is on: keys are read and changed by those only who may. The entry says whose request it is, and the
 * answer depends on what is applied alone, so all members refuse the same. Who may compact, grant a lease or raise an
 * alarm was asked when the request was received; a lease that runs out is revoked as root.
 */
export function authorizationGuard(inner: Applier, auth: AuthStore, lessor: Lessor): Applier {
  const attached: AttachedKeys = (lease) => lessor.attachedKeys(lease);
  return {
    ...inner,
    put(request, context) {
      checkPut(auth, context, request, attached);
      return inner.put(request, context);
    },
    range(request, context) {
      checkRange(auth, context, request);
      return inner.range(request, context);
    },
    deleteRange(request, context) {
      checkDeleteRange(auth, context, request);
      return inner.deleteRange(request, context);
    },
    txn(request, context) {
      checkTxn(auth, context, request, attached);
      return inner.txn(request, context);
    },
    leaseRevoke(request, context) {
      checkLease(auth, context, request.id, attached, "write");
      return inner.leaseRevoke(request, context);
    },
  };
}
