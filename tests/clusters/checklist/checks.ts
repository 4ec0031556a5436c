import type { Peer } from "../../peers.ts";
import type { KindName, Stage } from "./stage.ts";

/** One or more lines of the list of what members of a cluster must do as etcd's. */
export interface Check {
  /** Their numbers. */
  readonly lines: readonly number[];
  readonly what: string;
  /** What is seen, in words that do not differ between two clusters of real etcd. */
  look(stage: Stage, program: Peer): Promise<string[]>;
}

/** Checks that come one after the other on a cluster of their own. */
export interface Group {
  readonly checks: readonly Check[];
  /** Of each member. */
  readonly flags?: readonly string[];
  /** How many found the cluster; the next one is who else comes. Default: all, and another as the first. */
  readonly size?: number;
  /** Who founds each of the clusters. Default: three members. */
  readonly founders?: (
    kinds: Record<KindName, readonly Peer[]>,
  ) => Record<KindName, readonly Peer[]>;
}
