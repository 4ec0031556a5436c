import { FilterType, type Init, type WatchRequest, type WatchResponse } from "@nodetcd/messages";
import type { BytesLike } from "./bytes-like.ts";
import {
  checkOptions,
  isBoolean,
  isFunction,
  isOneOf,
  isPositive,
  isRevision,
  isSignal,
  isText,
  type OptionChecks,
} from "./check.ts";
import type { Calls } from "./calls.ts";
import { KEY_SELECTION, type KeySelection, keyRange } from "./key-range.ts";
import { WATCH_QUEUE_EVENTS } from "./limits.ts";
import { Watcher } from "./watcher.ts";

export interface WatchOptions extends KeySelection {
  /**
   * First revision of interest; history from there on is sent first. `COMPACTED` when it is gone.
   * Default 0: from now on, that is what changes after `ready`.
   */
  startRevision?: number;
  /** Give events what the key held before, in `previous`. Default false. */
  previous?: boolean;
  /** Leave out events of this kind. Default: none. */
  ignore?: "put" | "delete";
  /**
   * Called with a revision up to which everything has been delivered, when the server says so: about
   * every ten minutes of silence, and after `requestProgress`. Default: not asked for.
   */
  onProgress?: (revision: number) => void;
  /**
   * Called with each message of the server as it came, before its events are given out: for those who need the header.
   * What it holds is borrowed. Default: nobody.
   */
  onResponse?: (response: WatchResponse) => void;
  /**
   * Break off when the member has lost its leader, and go on at another endpoint; otherwise such a
   * watch is silent until the member is back. Default true.
   */
  requireLeader?: boolean;
  /** Events held for a slow reader before the server is held back. Default 1,024. */
  queueEvents?: number;
  /** Aborting it ends the iteration, without an error. */
  signal?: AbortSignal;
  /** Watch at this one endpoint; must be one of the client's. Default: the next in turn. */
  endpoint?: string;
}

const WATCH_OPTIONS: OptionChecks<WatchOptions> = {
  ...KEY_SELECTION,
  startRevision: isRevision,
  previous: isBoolean,
  ignore: isOneOf(["put", "delete"]),
  onProgress: isFunction,
  onResponse: isFunction,
  requireLeader: isBoolean,
  queueEvents: isPositive,
  signal: isSignal,
  endpoint: isText,
};

/** The first message of a watch stream, from `startRevision` on. */
export function createRequest(
  key: BytesLike,
  options: WatchOptions,
): (startRevision: number) => Init<WatchRequest> {
  const range = keyRange(key, options);
  const filters =
    options.ignore === undefined
      ? []
      : [options.ignore === "put" ? FilterType.NOPUT : FilterType.NODELETE];
  return (startRevision) => ({
    createRequest: {
      ...range,
      startRevision,
      prevKv: options.previous,
      progressNotify: options.onProgress !== undefined,
      filters,
    },
  });
}

/** Starts watching; see `Client.watch`. */
export function watch(connection: Calls, key: BytesLike, options: WatchOptions): Watcher {
  checkOptions(options, WATCH_OPTIONS);
  return new Watcher(connection, {
    create: createRequest(key, options),
    startRevision: options.startRevision ?? 0,
    queueEvents: options.queueEvents ?? WATCH_QUEUE_EVENTS,
    requireLeader: options.requireLeader ?? true,
    onProgress: options.onProgress,
    onResponse: options.onResponse,
    signal: options.signal,
    endpoint: options.endpoint,
  });
}
