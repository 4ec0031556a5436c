import { Client, type ClientOptions, EtcdError } from "@nodetcd/client";
import { type Clock, type Logger, type Runtime, silentLogger, sleep } from "@nodetcd/runtime";
import type { AuditEntry, WriteState } from "./contract/session.ts";
import { ConsoleError } from "./errors.ts";
import {
  ASK_MEMBER_MS,
  KEY_COUNT_MS,
  KEY_COUNT_WAIT_MS,
  SAMPLE_MS,
  SIGN_INS_PER_MINUTE,
} from "./limits.ts";
import { KeyIndex } from "./keys/key-index.ts";
import type { Kubernetes } from "./kubernetes/kubernetes.ts";
import { type FetchText, Members } from "./members/ask-members.ts";
import type { Sample } from "./samples/sample.ts";
import { Sampler } from "./samples/sampler.ts";
import { Series } from "./samples/series.ts";
import { Audit } from "./session/audit.ts";
import { setCookie } from "./session/guard.ts";
import { type Session, Sessions } from "./session/sessions.ts";
import { Heat } from "./space/heat.ts";
import type { HistoryWeight } from "./space/history-weight.ts";
import type { Task } from "./task.ts";

export interface AppSettings {
  /** Name of the cluster, as people know it. */
  readonly name: string;
  /** Version of this console. */
  readonly version: string;
  /** `never`; `locked`: after unlocking by name; `open`: for a cluster that it started itself. */
  readonly writes: WriteState;
  /** Path before every address, such as `/etcd`; empty for none. */
  readonly prefix: string;
  /** fsync p99 in milliseconds past which no member is taken away. */
  readonly fsyncGateMs: number;
  /** Says on the Cluster page where samples are kept. */
  readonly samplesNote: string;
}

export interface AppParts {
  readonly runtime: Pick<Runtime, "clock" | "random" | "network">;
  readonly logger?: Logger;
  /** How to reach the cluster; the credentials here are for samples, not for people. */
  readonly connection: Omit<ClientOptions, "runtime" | "logger">;
  readonly settings: AppSettings;
  readonly fetchText: FetchText;
  /** For the Jobs page; without it there is none. */
  readonly kubernetes?: Kubernetes;
  readonly keepSample: (sample: Sample) => void;
  readonly keepAudit: (entry: AuditEntry) => void;
  /** Samples of an earlier run, in order of time. */
  readonly samples?: readonly Sample[];
}

/** What all requests share: connections, sessions, samples, the audit list. */
export class App {
  readonly settings: AppSettings;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Calls etcd without a user. */
  readonly client: Client;
  /** For samples alone: with the rights of the console's own user. */
  readonly members: Members;
  readonly #anonymousMembers: Members;
  readonly sampler: Sampler;
  readonly series: Series = new Series();
  readonly sessions: Sessions;
  readonly audit: Audit;
  readonly heat: Heat;
  readonly keyIndex: KeyIndex;
  /** The reading of history that somebody asked for, by the client with their rights. */
  readonly historyWeights: WeakMap<Client, HistoryWeight> = new WeakMap();
  readonly kubernetes: Kubernetes | undefined;
  /** Streams of events that are open. */
  streams = 0;
  /** The task that runs, or ran last. */
  task: Task | undefined;
  readonly #parts: AppParts;
  /** For samples alone, as `members`. */
  readonly samplingClient: Client;
  readonly #timer: { cancel(): void };
  #hasUsers: { readonly at: number; readonly value: boolean } | undefined;
  #lastHasUsers = false;
  #signIns: number[] = [];
  readonly #keyCounts = new WeakMap<
    Client,
    { readonly at: number; readonly count: number | undefined }
  >();

  constructor(parts: AppParts) {
    const { runtime, settings } = parts;
    this.#parts = parts;
    this.settings = settings;
    this.kubernetes = parts.kubernetes;
    this.clock = runtime.clock;
    this.logger = parts.logger ?? silentLogger;
    this.client = this.connect(undefined);
    this.samplingClient = this.connect(parts.connection.credentials);
    this.members = this.membersFor(this.samplingClient, parts.connection.credentials);
    this.#anonymousMembers = this.membersFor(this.client, undefined);
    for (const sample of parts.samples ?? []) this.series.add(sample);
    this.sampler = new Sampler({
      client: this.samplingClient,
      members: this.members,
      series: this.series,
      clock: runtime.clock,
      logger: this.logger,
      keep: parts.keepSample,
    });
    this.heat = new Heat(this.samplingClient, runtime.clock, this.logger);
    this.keyIndex = new KeyIndex(this.samplingClient, runtime.clock, this.logger);
    this.sessions = new Sessions(runtime.clock, runtime.random);
    this.audit = new Audit(parts.keepAudit);
    const look = (): void => void this.sampler.look(SAMPLE_MS / 2).catch(() => undefined);
    this.#timer = runtime.clock.setRepeating(SAMPLE_MS, look);
    look();
  }

  /** A client for one person, or for nobody. */
  connect(credentials: { name: string; password: string } | undefined): Client {
    const { runtime, connection } = this.#parts;
    const { credentials: _, ...rest } = connection;
    const who = credentials === undefined ? {} : { credentials };
    return new Client({ ...rest, ...who, runtime, logger: this.logger });
  }

  /** Single members, called as one person or as nobody. */
  membersFor(client: Client, credentials: { name: string; password: string } | undefined): Members {
    const { runtime, connection, fetchText } = this.#parts;
    const { credentials: _, ...rest } = connection;
    const who = credentials === undefined ? {} : { credentials };
    return new Members(client, { ...rest, ...who, runtime, logger: this.logger }, fetchText);
  }

  /** A session for nobody in particular. */
  beginAnonymous(): Session {
    return this.sessions.begin(this.client, this.#anonymousMembers);
  }

  /** Whether etcd asks for users: a call without one is refused then. Remembered for 10 seconds. */
  async hasUsers(): Promise<boolean> {
    const now = this.clock.monotonic();
    if (this.#hasUsers !== undefined && now - this.#hasUsers.at < 10_000) {
      return this.#hasUsers.value;
    }
    let value = this.#lastHasUsers;
    try {
      await this.client.get("\0", { keysOnly: true, serializable: true, timeoutMs: ASK_MEMBER_MS });
      value = false;
    } catch (error) {
      const code = error instanceof EtcdError ? error.code : undefined;
      if (code === "USER_NAME_EMPTY" || code === "INVALID_AUTH_TOKEN") value = true;
      else if (code === "PERMISSION_DENIED") value = true;
    }
    this.#hasUsers = { at: now, value };
    this.#lastHasUsers = value;
    return value;
  }

  /** Whether somebody of this session may read, as far as is known without asking etcd. */
  isOpenTo(session: Session | undefined): boolean {
    if (session === undefined) return false;
    return session.user !== undefined || this.#hasUsers?.value === false;
  }

  /** About when a revision was written, from the samples; undefined before them. */
  timeOf(revision: number): number | undefined {
    const after = this.series.all.findIndex((sample) => sample.revision >= revision);
    if (after < 0) return this.clock.wallTime();
    return after === 0 ? undefined : this.series.all[after]!.at;
  }

  /** Asks anew at the next request whether etcd has users. */
  forgetUsers(): void {
    this.#hasUsers = undefined;
  }

  writeState(session: Session): WriteState {
    const { writes } = this.settings;
    if (writes !== "locked") return writes;
    return session.unlockedUntil > this.clock.wallTime() ? "open" : "locked";
  }

  /**
   * Keys that this client may count; undefined where its role does not reach over all of them. A known count is answered at
   * once, and counted anew afterwards when it is old: of a million keys etcd counts for half a second.
   */
  async countKeys(client: Client): Promise<number | undefined> {
    const known = this.#keyCounts.get(client);
    if (known === undefined) return await this.#countAnew(client);
    const now = this.clock.monotonic();
    if (now - known.at > KEY_COUNT_MS) {
      const waiting = { at: now, count: known.count };
      this.#keyCounts.set(client, waiting);
      void sleep(this.clock, KEY_COUNT_WAIT_MS).then(async () => {
        // Who has read the tree meanwhile has counted.
        if (this.#keyCounts.get(client) === waiting) await this.#countAnew(client);
      });
    }
    return known.count;
  }

  /** Takes a count that a reply of etcd had in it. */
  noteKeys(client: Client, count: number | undefined): void {
    this.#keyCounts.set(client, { at: this.clock.monotonic(), count });
  }

  async #countAnew(client: Client): Promise<number | undefined> {
    let count: number | undefined;
    try {
      ({ count } = await client.range("", { prefix: true, countOnly: true, serializable: true }));
    } catch {
      count = undefined;
    }
    this.noteKeys(client, count);
    return count;
  }

  /** Refuses sign-ins that come too often: passwords are not to be guessed here. */
  countSignIn(): void {
    const now = this.clock.monotonic();
    this.#signIns = this.#signIns.filter((at) => now - at < 60_000);
    if (this.#signIns.length >= SIGN_INS_PER_MINUTE) {
      throw new ConsoleError("TOO_MANY", "Too many sign-ins", "Wait a minute.");
    }
    this.#signIns.push(now);
  }

  cookie(session: Session, secure = false): Record<string, string> {
    return { "set-cookie": setCookie(session, this.settings.prefix, secure) };
  }

  close(): void {
    this.#timer.cancel();
    this.task?.stop();
    this.heat.close();
    this.keyIndex.close();
    this.sessions.close();
    this.members.close();
    this.#anonymousMembers.close();
    this.samplingClient.close();
    this.client.close();
  }
}
