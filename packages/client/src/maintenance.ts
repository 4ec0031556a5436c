import { onAbort, Status } from "@nodetcd/grpc";
import {
  AlarmAction,
  AlarmType,
  DowngradeAction,
  METHODS,
  SnapshotRequest,
  SnapshotResponse,
} from "@nodetcd/messages";
import { copyBytes } from "./bytes-like.ts";
import { CALL_OPTIONS, type CallOptions } from "./call-options.ts";
import type { Calls } from "./calls.ts";
import {
  checkOptions,
  isFunction,
  isId,
  isOneOf,
  isRevision,
  isSignal,
  isText,
  type OptionChecks,
} from "./check.ts";
import { EtcdError, errorOfStatus } from "./errors.ts";

/** What one member says about itself. */
export interface MemberStatus {
  clusterId: bigint;
  memberId: bigint;
  /** etcd version whose behaviour it has, such as `3.7.1`. */
  version: string;
  /** Version of the data on disk, such as `3.7`; empty before etcd 3.6. */
  storageVersion: string;
  /** Store revision. */
  revision: number;
  /** Bytes of the database file, and how many of them hold data. */
  dbSize: number;
  dbSizeInUse: number;
  /** Bytes at which the space alarm is raised; 0 before etcd 3.6. */
  dbSizeQuota: number;
  /** Member id of the leader, `0n` when there is none. */
  leader: bigint;
  raftTerm: number;
  raftIndex: number;
  raftAppliedIndex: number;
  isLearner: boolean;
  /** The etcd version that a downgrade under way goes to, such as `3.6.0`; empty: none is. */
  downgradeTarget: string;
  /** Alarms and other troubles, as text. */
  errors: string[];
}

export interface Alarm {
  memberId: bigint;
  alarm: "NOSPACE" | "CORRUPT" | "NONE";
}

export interface HashResult {
  /** CRC-32C over the history up to `hashRevision`; equal on members that agree. */
  hash: number;
  /** Revision below which history is gone. */
  compactRevision: number;
  /** 0 before etcd 3.5. */
  hashRevision: number;
}

export interface SnapshotOptions {
  signal?: AbortSignal;
  endpoint?: string;
  /** Called once, with the version of the data, such as `3.7.0`; empty before etcd 3.6. */
  onVersion?: (version: string) => void;
}

const ALARM_TYPES = {
  NONE: AlarmType.NONE,
  NOSPACE: AlarmType.NOSPACE,
  CORRUPT: AlarmType.CORRUPT,
};

const DOWNGRADE_ACTIONS = {
  validate: DowngradeAction.VALIDATE,
  enable: DowngradeAction.ENABLE,
  cancel: DowngradeAction.CANCEL,
};

const isDowngradeAction = isOneOf(Object.keys(DOWNGRADE_ACTIONS));
const ALARM: OptionChecks<Alarm> = { memberId: isId, alarm: isOneOf(Object.keys(ALARM_TYPES)) };
const SNAPSHOT: OptionChecks<SnapshotOptions> = {
  signal: isSignal,
  endpoint: isText,
  onVersion: isFunction,
};

/** Upkeep of single members: with several endpoints, say in the options which one is meant. */
export class Maintenance {
  readonly #connection: Calls;

  constructor(connection: Calls) {
    this.#connection = connection;
  }

  async status(options?: CallOptions): Promise<MemberStatus> {
    checkOptions(options, CALL_OPTIONS);
    const { header, downgradeInfo, ...rest } = await this.#connection.call(
      METHODS.Maintenance.Status,
      {},
      options,
    );
    return {
      ...rest,
      clusterId: header?.clusterId ?? 0n,
      memberId: header?.memberId ?? 0n,
      revision: header?.revision ?? 0,
      downgradeTarget: downgradeInfo?.enabled === true ? downgradeInfo.targetVersion : "",
    };
  }

  /** Rewrites the database file without its free pages. May take long: default without deadline. */
  async defragment(options: CallOptions = {}): Promise<void> {
    checkOptions(options, CALL_OPTIONS);
    await this.#connection.call(
      METHODS.Maintenance.Defragment,
      {},
      { timeoutMs: Number.POSITIVE_INFINITY, ...options },
    );
  }

  /** A hash of the key space with its history, for comparing members. Revision 0: the newest. */
  async hashKv(revision = 0, options?: CallOptions): Promise<HashResult> {
    checkOptions(options, CALL_OPTIONS);
    isRevision(revision, "revision");
    const response = await this.#connection.call(METHODS.Maintenance.HashKV, { revision }, options);
    const { hash, compactRevision, hashRevision } = response;
    return { hash, compactRevision, hashRevision };
  }

  /** A hash of the whole database file's contents, for debugging. */
  async hash(options?: CallOptions): Promise<number> {
    checkOptions(options, CALL_OPTIONS);
    return (await this.#connection.call(METHODS.Maintenance.Hash, {}, options)).hash;
  }

  /** Alarms that are raised. */
  async alarms(options?: CallOptions): Promise<Alarm[]> {
    return this.#alarm(AlarmAction.GET, { memberId: 0n, alarm: "NONE" }, options);
  }

  /** Lifts an alarm, by default every one of all members; answers those that were lifted. */
  async disarm(alarm?: Alarm, options?: CallOptions): Promise<Alarm[]> {
    const raised = alarm === undefined ? await this.alarms(options) : [alarm];
    const lifted: Alarm[] = [];
    for (const one of raised) {
      lifted.push(...(await this.#alarm(AlarmAction.DEACTIVATE, one, options)));
    }
    return lifted;
  }

  /** Raises an alarm by hand, as a member does when it is out of space. */
  async raise(alarm: Alarm, options?: CallOptions): Promise<Alarm[]> {
    return this.#alarm(AlarmAction.ACTIVATE, alarm, options);
  }

  /**
   * Hands leadership over. Only the leader can: without `endpoint` it is looked for among the client's
   * endpoints, and it is `NOT_LEADER` when none of them is the leader's.
   */
  async moveLeader(targetId: bigint, options: CallOptions = {}): Promise<void> {
    checkOptions(options, CALL_OPTIONS);
    isId(targetId, "targetId");
    const endpoint = options.endpoint ?? (await this.#leaderEndpoint(options));
    const call = { ...options, endpoint };
    await this.#connection.call(METHODS.Maintenance.MoveLeader, { targetId }, call);
  }

  /**
   * Moves the cluster to the minor version below, such as `3.6`, or asks whether it could be, or stays.
   *
   * @returns the version of the cluster
   */
  async downgrade(
    action: "validate" | "enable" | "cancel",
    version: string,
    options?: CallOptions,
  ): Promise<string> {
    checkOptions(options, CALL_OPTIONS);
    isDowngradeAction(action, "action");
    isText(version, "version");
    const request = { action: DOWNGRADE_ACTIONS[action], version };
    return (await this.#connection.call(METHODS.Maintenance.Downgrade, request, options)).version;
  }

  /**
   * The database file of one member at one moment, in chunks that are owned, then 32 bytes of SHA-256
   * over it: written to a file one after the other this is what `etcdctl snapshot save` writes.
   * Fails with `SNAPSHOT_TRUNCATED` when the end does not come. Leaving the loop ends the transfer.
   */
  async *snapshot(options: SnapshotOptions = {}): AsyncGenerator<Uint8Array, void, undefined> {
    checkOptions(options, SNAPSHOT);
    const { open } = await this.#connection.stream(METHODS.Maintenance.Snapshot.path, options);
    const stream = open();
    const chunks: Uint8Array[] = [];
    let remaining = Number.POSITIVE_INFINITY;
    let ended: EtcdError | "complete" | undefined;
    let wake = (): void => undefined;
    stream.onMessage = (message) => {
      const { blob, remainingBytes, version } = SnapshotResponse.decode(message);
      if (remaining === Number.POSITIVE_INFINITY) options.onVersion?.(version);
      chunks.push(copyBytes(blob));
      remaining = remainingBytes;
      stream.pause();
      wake();
    };
    stream.onEnd = ({ code, message }) => {
      ended = code === Status.OK ? "complete" : errorOfStatus(code, message);
      wake();
    };
    const cancel = (): void => stream.cancel();
    const forget = this.#connection.onClose(cancel);
    const { signal } = options;
    const forgetSignal = signal && onAbort(signal, cancel);
    if (signal?.aborted === true) cancel();
    stream.send(SnapshotRequest.encode({}));
    stream.halfClose();
    try {
      for (;;) {
        const chunk = chunks.shift();
        if (chunk !== undefined) yield chunk;
        else if (ended === undefined) {
          const next = new Promise<void>((resolve) => {
            wake = resolve;
          });
          stream.resume();
          await next;
        } else if (ended !== "complete") throw ended;
        else break;
      }
      if (remaining > 0) {
        const left = remaining === Number.POSITIVE_INFINITY ? "all" : remaining;
        throw new EtcdError("SNAPSHOT_TRUNCATED", `The snapshot ended with ${left} bytes missing`);
      }
    } finally {
      stream.cancel();
      forget();
      forgetSignal?.();
    }
  }

  async #leaderEndpoint(options: CallOptions): Promise<string> {
    const { endpoints } = this.#connection;
    for (const endpoint of endpoints) {
      const status = await this.status({ ...options, endpoint }).catch(() => undefined);
      if (status !== undefined && status.memberId === status.leader) return endpoint;
    }
    const message = `None of ${endpoints.join(", ")} is the leader; give the leader's endpoint`;
    throw new EtcdError("NOT_LEADER", message, { status: Status.FAILED_PRECONDITION });
  }

  async #alarm(action: number, alarm: Alarm, options?: CallOptions): Promise<Alarm[]> {
    checkOptions(options, CALL_OPTIONS);
    checkOptions(alarm, ALARM, "alarm");
    const request = { action, memberId: alarm.memberId, alarm: ALARM_TYPES[alarm.alarm] };
    const { alarms } = await this.#connection.call(METHODS.Maintenance.Alarm, request, options);
    return alarms.map((raised) => ({
      memberId: raised.memberId,
      alarm:
        raised.alarm === AlarmType.NOSPACE
          ? "NOSPACE"
          : raised.alarm === AlarmType.CORRUPT
            ? "CORRUPT"
            : "NONE",
    }));
  }
}
