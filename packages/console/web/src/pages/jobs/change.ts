import type { CronJobView, JobView } from "@nodetcd/console/contract";
import type { UseMutationResult } from "@tanstack/react-query";

/** A change of jobs: which, and what. */
export interface JobChange {
  readonly path: "run" | "rerun" | "suspend" | "delete";
  readonly body: Readonly<Record<string, unknown>>;
}

export type Change = UseMutationResult<unknown, Error, JobChange>;

export function whereOf({ namespace, name }: CronJobView | JobView): {
  readonly namespace: string;
  readonly name: string;
} {
  return { namespace, name };
}
