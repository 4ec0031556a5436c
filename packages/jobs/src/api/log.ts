import { badRequest } from "../errors.ts";
import type { HttpReply } from "../http/exchange.ts";
import type { LogRequest } from "../log-source.ts";
import type { Pod } from "../objects/pod.ts";
import { PODS } from "../objects/resources.ts";
import { type Call, queryFlag, queryNumber } from "./call.ts";

function containerOf({ metadata, spec }: Pod, asked: string | null): string {
  const all = [...(spec.initContainers ?? []), ...spec.containers].map(({ name }) => name);
  if (asked !== null && asked !== "") {
    if (all.includes(asked)) return asked;
    throw badRequest(`container ${asked} is not valid for pod ${metadata.name}`);
  }
  const [only, ...more] = spec.containers;
  if (only !== undefined && more.length === 0) return only.name;
  const names = spec.containers.map(({ name }) => name).join(" ");
  const inits = (spec.initContainers ?? []).map(({ name }) => name).join(" ");
  const also = inits === "" ? "" : ` or one of the init containers: [${inits}]`;
  throw badRequest(
    `a container name must be specified for pod ${metadata.name}, choose one of: [${names}]${also}`,
  );
}

/** A container that has not begun has nothing to show. */
function checkStarted({ metadata, status }: Pod, container: string, previous: boolean): void {
  const all = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])];
  const found = all.find(({ name }) => name === container);
  if (previous) {
    if (found?.lastState?.terminated !== undefined) return;
    throw badRequest(
      `previous terminated container "${container}" in pod "${metadata.name}" not found`,
    );
  }
  const { waiting, running, terminated } = found?.state ?? {};
  if (running !== undefined || terminated !== undefined) return;
  if (found?.lastState?.terminated !== undefined) return;
  const reason = waiting?.reason ?? "ContainerCreating";
  throw badRequest(
    `container "${container}" in pod "${metadata.name}" is waiting to start: ${reason}`,
  );
}

function sinceMs(query: URLSearchParams, now: number): number | undefined {
  const seconds = queryNumber(query, "sinceSeconds");
  const time = query.get("sinceTime") ?? "";
  if (seconds !== undefined && time !== "") {
    throw badRequest("at most one of `sinceTime` or `sinceSeconds` may be specified");
  }
  if (seconds !== undefined) return now - seconds * 1_000;
  if (time === "") return undefined;
  const at = Date.parse(time);
  if (Number.isNaN(at)) throw badRequest(`sinceTime: "${time}" is not a time as of RFC 3339`);
  return at;
}

/** `pods/log`: the text of a container as it was written, and as it comes with `follow`. */
export async function log(call: Call): Promise<HttpReply> {
  const { api, target, request } = call;
  const { query } = request;
  const pod = await api.store.get(PODS, target.namespace, target.name);
  const container = containerOf(pod, query.get("container"));
  const previous = queryFlag(query, "previous");
  checkStarted(pod, container, previous);
  const tailLines = queryNumber(query, "tailLines");
  const limitBytes = queryNumber(query, "limitBytes");
  const since = sinceMs(query, api.runtime.clock.wallTime());
  const asked: LogRequest = {
    namespace: target.namespace,
    pod: target.name,
    podUid: pod.metadata.uid ?? "",
    nodeName: pod.spec.nodeName ?? "",
    container,
    follow: queryFlag(query, "follow"),
    previous,
    timestamps: queryFlag(query, "timestamps"),
    signal: request.signal,
    ...(tailLines === undefined ? {} : { tailLines }),
    ...(limitBytes === undefined ? {} : { limitBytes }),
    ...(since === undefined ? {} : { sinceMs: since }),
  };
  const body = await api.logs.open(asked);
  return { status: 200, headers: { "Content-Type": "text/plain" }, body };
}
