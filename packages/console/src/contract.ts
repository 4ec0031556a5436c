/** What both parts of the console say to each other; no code of either. */
export type * from "./contract/access.ts";
export type * from "./contract/cluster.ts";
export type * from "./contract/history.ts";
export type * from "./contract/space.ts";
export type * from "./contract/jobs.ts";
export type * from "./contract/keys.ts";
export type * from "./contract/leases.ts";
export type * from "./contract/maintenance.ts";
export type * from "./contract/session.ts";
export type * from "./contract/watch.ts";
export * from "./contract/bytes.ts";
