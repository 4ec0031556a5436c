import type { Peer } from "../../peers.ts";
import type { Stage } from "./stage.ts";

/** One or more lines of the list of what members of a cluster must do as etcd's. */
export interface Check {
  /** Their numbers. */
  readonly lines: readonly number[];
  readonly what: string;
  /** What is seen, in words that do not differ between two clusters of real etcd. */
  look(stage: Stage, program: Peer): Promise<string[]>;
}
