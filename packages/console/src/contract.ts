/** What both parts of the console say to each other; no code of either. */
export type * from "./contract/cluster.ts";
export type * from "./contract/keys.ts";
export type * from "./contract/session.ts";
export * from "./contract/bytes.ts";
