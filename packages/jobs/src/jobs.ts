/** The public list of `@nodetcd/jobs`. */
export { startWorker } from "./runner/process/start-worker.ts";
export { startControllers } from "./controllers/start-controllers.ts";
export { type Grants, readGrants, readTokens, type TokenUser } from "./api/authenticate.ts";
export { type ApiOptions, type ApiPart, isLoopback, startApi } from "./api/start-api.ts";
export {
  ApiError,
  type ApiReason,
  type GroupResource,
  isReason,
  type Status,
  type StatusCause,
  type StatusDetails,
} from "./errors.ts";
export type { TlsFiles } from "./http/tls.ts";
export type { LogRequest, LogSource, OwnLogs } from "./log-source.ts";
export { type Portable, portable } from "./export/portable.ts";
export type { ConfigMap, Event, Lease, Namespace, Node, Secret } from "./objects/core.ts";
export type { CronJob, Job, Slot } from "./objects/job.ts";
export {
  controllerOf,
  controllerReference,
  type KubeObject,
  type LabelSelector,
  microTimeText,
  type ObjectMeta,
  timeText,
} from "./objects/meta.ts";
export type { Pod } from "./objects/pod.ts";
export type { Resource } from "./objects/resource.ts";
export {
  CONFIG_MAPS,
  CRON_JOBS,
  EVENTS,
  JOBS,
  LEASES,
  NAMESPACES,
  NODES,
  PODS,
  RESOURCES,
  SECRETS,
  SLOTS,
} from "./objects/resources.ts";
export { labelSelector, labelSelectorText } from "./objects/select-labels.ts";
export {
  type ControllersOptions,
  type Part,
  type RuntimeName,
  RUNTIMES,
  type WorkerOptions,
  type WorkerPart,
} from "./parts.ts";
export type { DeleteOptions, PropagationPolicy } from "./storage/decide-delete.ts";
export type { ListOptions, ObjectList, Selection } from "./storage/list.ts";
export { type Deletion, ObjectStore, type ObjectStoreOptions } from "./storage/object-store.ts";
export type { Change } from "./storage/transaction.ts";
export type { ObjectEvent, WatchOptions } from "./storage/watch.ts";
