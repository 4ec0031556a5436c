/** A condition that must hold before a step that takes a member away. */
export interface Gate {
  readonly id: string;
  readonly label: string;
  readonly holds: boolean;
  readonly value: string;
}

export interface TaskStep {
  readonly label: string;
  readonly state: "waiting" | "running" | "holding" | "done" | "failed" | "skipped";
  readonly detail: string;
  readonly began?: number;
  readonly ended?: number;
}

/** A task of several steps that the console carries out; one at a time. */
export interface TaskView {
  readonly id: string;
  readonly kind: "defragment" | "space" | "replace";
  readonly title: string;
  readonly state: "running" | "holding" | "done" | "stopped" | "failed";
  readonly steps: readonly TaskStep[];
  readonly began: number;
  readonly ended?: number;
  readonly by: string;
}

export interface MemberPlan {
  readonly id: string;
  readonly name: string;
  readonly role: "leader" | "follower" | "learner" | "unknown";
  /** Why it does not answer, if so. */
  readonly error?: string;
  /** Entries that it lacks. */
  readonly behind?: number;
  readonly size?: number;
  readonly inUse?: number;
}

/** What a compaction to a revision would take. */
export interface CompactPreview {
  readonly revision: number;
  readonly revisionsLost: number;
  /** How much time of history goes and stays, in milliseconds, as far as samples tell. */
  readonly lostMs?: number;
  readonly keptMs?: number;
  /** Watchers that are behind, on all members; missing when no member tells. */
  readonly slowWatchers?: number;
  readonly watchers?: number;
}

export interface MaintenanceView {
  readonly at: number;
  readonly revision: number;
  readonly oldest: number;
  readonly gates: readonly Gate[];
  /** The order of a defragmentation: followers first, the leader last. */
  readonly plan: readonly MemberPlan[];
  readonly task?: TaskView;
  readonly alarms: readonly string[];
  readonly quota?: number;
  readonly file?: number;
  readonly inUse?: number;
  /** Choices for a compaction: to keep so much time, or nothing. */
  readonly choices: readonly { readonly label: string; readonly revision: number }[];
}

export interface HashView {
  readonly revision: number;
  readonly members: readonly {
    readonly id: string;
    readonly name: string;
    readonly hash?: number;
    readonly compactRevision?: number;
    readonly error?: string;
  }[];
  /** True when all that answered at one compaction are equal; undefined when fewer than two did. */
  readonly equal?: boolean;
}
