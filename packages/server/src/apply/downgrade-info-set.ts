import { BUCKETS, type Backend } from "@nodetcd/backend";
import type { DowngradeInfoSetRequest } from "@nodetcd/messages";

const DOWNGRADE_KEY = Buffer.from("downgrade");

/** Records that the cluster is to be downgraded, or is not any more, in etcd's JSON form. */
export function applyDowngradeInfoSet(backend: Backend, request: DowngradeInfoSetRequest): void {
  const target = request.enabled ? request.ver : "";
  const json = JSON.stringify({ "target-version": target, enabled: request.enabled });
  backend.put(BUCKETS.cluster, DOWNGRADE_KEY, Buffer.from(json));
}
