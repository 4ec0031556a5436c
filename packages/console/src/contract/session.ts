/** Whether the console may write: `never`, `locked` until somebody unlocks it, or `open`. */
export type WriteState = "never" | "locked" | "open";

/** Who looks, and what they may do. */
export interface SessionView {
  /** Name of the cluster, for the header and for what is typed before something destructive. */
  readonly cluster: string;
  readonly version: string;
  /** True when etcd asks for a user and nobody is signed in. */
  readonly needsLogin: boolean;
  /** True when the cluster has users, so that signing in and out makes sense. */
  readonly hasUsers: boolean;
  readonly user?: string;
  readonly writes: WriteState;
  /** Why nothing can be written, if so. */
  readonly writesNote: string;
  /** Milliseconds since 1970 at which writing is locked again. */
  readonly unlockedUntil?: number;
  /** Goes with every request that changes something, in `X-Console-Token`. */
  readonly token: string;
  /** True when a Kubernetes API is there for the Jobs page. */
  readonly jobs: boolean;
}

/** One thing that somebody did, or tried to do, through this console. */
export interface AuditEntry {
  readonly at: number;
  readonly user: string;
  readonly from: string;
  readonly action: string;
  readonly target: string;
  readonly outcome: "done" | "refused" | "failed";
  readonly detail: string;
  readonly revision?: number;
}

/** The body of every reply that is no success. */
export interface ErrorBody {
  readonly error: {
    readonly code: string;
    readonly message: string;
    /** What to do about it; empty when there is nothing to say. */
    readonly advice: string;
  };
}
