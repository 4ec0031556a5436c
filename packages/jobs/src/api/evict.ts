import type { HttpReply } from "../http/exchange.ts";
import { type Condition, timeText } from "../objects/meta.ts";
import { PODS } from "../objects/resources.ts";
import type { DeleteOptions } from "../storage/decide-delete.ts";
import { type Call, isDryRun } from "./call.ts";
import { readObject } from "./read-body.ts";
import { jsonReply, success } from "./reply.ts";

interface Eviction {
  deleteOptions?: {
    gracePeriodSeconds?: number;
    preconditions?: { uid?: string; resourceVersion?: string };
    dryRun?: string[];
  };
}

/** `pods/eviction`: the pod is told why it has to go, and goes with its grace. */
export async function evict(call: Call): Promise<HttpReply> {
  const { api, target, request } = call;
  const { store, runtime } = api;
  const { namespace, name } = target;
  const { deleteOptions = {} } = (await readObject(call)) as Eviction;
  const { gracePeriodSeconds, preconditions = {}, dryRun = [] } = deleteOptions;
  const asked = [...dryRun, ...request.query.getAll("dryRun")];
  if (isDryRun(asked)) {
    await store.get(PODS, namespace, name);
    return jsonReply(success(undefined), { status: 201 });
  }
  const condition: Condition = {
    type: "DisruptionTarget",
    status: "True",
    reason: "EvictionByEvictionAPI",
    message: "Eviction API: evicting",
    lastTransitionTime: timeText(runtime.clock.wallTime()),
  };
  await store.modify(PODS, namespace, name, (pod) => {
    const others = (pod.status?.conditions ?? []).filter(({ type }) => type !== condition.type);
    pod.status = { ...pod.status, conditions: [...others, condition] };
    return pod;
  });
  const options: DeleteOptions = {
    ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
    ...(preconditions.uid === undefined ? {} : { uid: preconditions.uid }),
  };
  await store.delete(PODS, namespace, name, options);
  return jsonReply(success(undefined), { status: 201 });
}
