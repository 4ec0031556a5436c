import { type Client, OldestRevision } from "@nodetcd/client";
import type { Clock, Logger } from "@nodetcd/runtime";
import { ASK_MEMBER_MS } from "../limits.ts";
import { type MemberReport, type Members, reasonOf } from "../members/ask-members.ts";
import { hexId, type Sample, sampleMember, Windows } from "./sample.ts";
import type { Series } from "./series.ts";

/** Length of the window of p99 figures, in milliseconds. */
const WINDOW_MS = 5 * 60_000;

/** The newest picture of the cluster. */
export interface Snapshot {
  readonly at: number;
  readonly reports: readonly MemberReport[];
  readonly sample: Sample;
}

export interface SamplerParts {
  readonly client: Client;
  readonly members: Members;
  readonly series: Series;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Told of each new sample, to keep it. */
  readonly keep: (sample: Sample) => void;
}

/** Looks at the cluster in steady steps, and at once when a page asks and the picture is old. */
export class Sampler {
  readonly #parts: SamplerParts;
  readonly #windows = new Windows(WINDOW_MS);
  readonly #oldest: OldestRevision;
  /** The look that is under way, and when it began (monotonic). */
  #running: { readonly began: number; readonly picture: Promise<Snapshot> } | undefined;
  #last: Snapshot | undefined;
  /** Why the last look failed; empty when it did not. */
  trouble = "";

  constructor(parts: SamplerParts) {
    this.#parts = parts;
    this.#oldest = new OldestRevision(parts.client);
  }

  get last(): Snapshot | undefined {
    return this.#last;
  }

  /**
   * The picture, at most `maxAgeMs` old. A look that is under way is shared if it began late enough; 0 is
   * always a look that begins now.
   */
  async look(maxAgeMs: number): Promise<Snapshot> {
    const { clock } = this.#parts;
    const age = clock.wallTime() - (this.#last?.at ?? 0);
    if (this.#last !== undefined && age >= 0 && age < maxAgeMs) return this.#last;
    const asked = clock.monotonic();
    while (this.#running !== undefined) {
      const { began, picture } = this.#running;
      if (asked - began < maxAgeMs || began > asked) return await picture;
      await picture.catch(() => undefined);
    }
    const picture = this.#lookNow().finally(() => {
      this.#running = undefined;
    });
    this.#running = { began: clock.monotonic(), picture };
    return await picture;
  }

  async #lookNow(): Promise<Snapshot> {
    const { clock, logger, members, series, keep } = this.#parts;
    try {
      const reports = await members.ask();
      const at = clock.wallTime();
      const sample = await this.#sample(reports, at);
      if (this.trouble !== "") logger.info("the cluster answers again");
      this.trouble = "";
      series.add(sample);
      keep(sample);
      this.#last = { at, reports, sample };
      return this.#last;
    } catch (error) {
      const trouble = reasonOf(error);
      if (this.trouble !== trouble) {
        logger.warn("the cluster could not be looked at", { error: trouble });
      }
      this.trouble = trouble;
      throw error;
    }
  }

  async #sample(reports: readonly MemberReport[], at: number): Promise<Sample> {
    const { client, series } = this.#parts;
    const told = reports.map(({ status }) => status).filter((status) => status !== undefined);
    const furthest = Math.max(0, ...told.map(({ raftIndex }) => raftIndex));
    const revision = Math.max(0, ...told.map((status) => status.revision));
    const leader = told.find((status) => status.leader !== 0n)?.leader ?? 0n;
    const timeoutMs = ASK_MEMBER_MS;
    const [alarms, oldest] = await Promise.allSettled([
      client.maintenance.alarms({ timeoutMs }),
      this.#oldest.find(revision),
    ]);
    return {
      at,
      cluster: told[0] === undefined ? (series.last?.cluster ?? "") : hexId(told[0].clusterId),
      revision,
      oldest: oldest.status === "fulfilled" ? oldest.value : 0,
      leader: leader === 0n ? "" : hexId(leader),
      alarms:
        alarms.status === "fulfilled"
          ? alarms.value.map(({ alarm, memberId }) => `${alarm} ${hexId(memberId)}`)
          : [],
      members: reports.map((report) => sampleMember(report, at, furthest, this.#windows)),
    };
  }
}
