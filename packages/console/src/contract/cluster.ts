/** How bad something is: `act` needs somebody now, `look` today, `fine` nobody. */
export type Rank = "act" | "look" | "fine";

/** A sentence about the cluster: what happens, why, and where to do something about it. */
export interface Finding {
  readonly rank: "act" | "look";
  readonly title: string;
  readonly text: string;
  /** Where the remedy is, as a page of the console. */
  readonly to?: string;
  readonly toLabel?: string;
}

/** What one member says of itself. A field that is missing was not told; `notTold` says why. */
export interface MemberView {
  /** 64-bit id in hexadecimal. */
  readonly id: string;
  readonly name: string;
  readonly clientUrls: readonly string[];
  readonly peerUrls: readonly string[];
  readonly state: "serving" | "lagging" | "silent" | "not started";
  readonly role: "leader" | "follower" | "learner" | "unknown";
  readonly error?: string;
  readonly version?: string;
  readonly storageVersion?: string;
  readonly revision?: number;
  readonly raftTerm?: number;
  readonly raftIndex?: number;
  readonly raftAppliedIndex?: number;
  /** Entries between the furthest member and this one. */
  readonly behind?: number;
  readonly dbSize?: number;
  readonly dbSizeInUse?: number;
  readonly quota?: number;
  readonly fsyncP99Ms?: number;
  readonly commitP99Ms?: number;
  readonly memoryBytes?: number;
  readonly notTold: Readonly<Record<string, string>>;
}

export interface AlarmView {
  readonly kind: "NOSPACE" | "CORRUPT";
  /** Ids of the members that raised it, in hexadecimal; empty when it is not raised. */
  readonly members: readonly string[];
  readonly text: string;
}

/** One figure with its limit, its recent past and a sentence. */
export interface Signal {
  readonly id: string;
  readonly label: string;
  readonly unit: string;
  readonly rank: Rank;
  /** Missing when no member tells it. */
  readonly now?: number;
  readonly limit?: number;
  /** Name of the member that has the worst figure. */
  readonly member?: string;
  readonly text: string;
  /** Recent values in equal steps of time, oldest first; null where there is no sample. */
  readonly recent: readonly (number | null)[];
}

/** Something that the samples saw happen. */
export interface Happening {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly kind: "leader" | "compaction" | "alarm" | "member" | "own" | "burst";
  readonly text: string;
  readonly revision?: number;
}

/** When the database reaches its quota, if it goes on growing as it did. */
export interface Forecast {
  readonly bytesPerHour: number;
  /** Milliseconds since 1970; missing when it does not grow. */
  readonly fullAt?: number;
  /** 80 % range of `fullAt`. */
  readonly fullFrom?: number;
  readonly fullTo?: number;
  /** Hours of samples that it stands on. */
  readonly hours: number;
}

/** Database sizes over time: parallel arrays, times in seconds since 1970. */
export interface SizeSeries {
  readonly at: readonly number[];
  readonly inUse: readonly (number | null)[];
  readonly file: readonly (number | null)[];
}

/** The whole Cluster page. */
export interface ClusterView {
  readonly at: number;
  readonly clusterId: string;
  readonly findings: readonly Finding[];
  /** One sentence for when there is no finding. */
  readonly calm: string;
  readonly members: readonly MemberView[];
  readonly quorum: number;
  readonly answering: number;
  readonly raftTerm?: number;
  readonly raftIndex?: number;
  readonly quota?: number;
  readonly forecast?: Forecast;
  readonly sizes: SizeSeries;
  readonly alarms: readonly AlarmView[];
  readonly signals: readonly Signal[];
  readonly happenings: readonly Happening[];
  /** Where samples are kept, or why they are not. */
  readonly samplesNote: string;
}

/** What the header and the time rail need; asked every few seconds on every page. */
export interface PulseView {
  readonly at: number;
  readonly worst: Rank;
  readonly worstCount: number;
  readonly members: number;
  readonly answering: number;
  readonly revision: number;
  /** The oldest revision that can still be read. */
  readonly oldest: number;
  /** Revisions over time for the rail, oldest first. */
  readonly rail: readonly { readonly at: number; readonly revision: number }[];
  readonly marks: readonly Happening[];
  readonly counts: { readonly keys?: number; readonly leases?: number };
  /** Set when the cluster cannot be asked. */
  readonly trouble?: string;
}
