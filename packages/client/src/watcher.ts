import { type CallStatus, type ClientStream, onAbort, Status } from "@nodetcd/grpc";
import {
  type Event,
  EventType,
  type Init,
  METHODS,
  WatchRequest,
  WatchResponse,
} from "@nodetcd/messages";
import type { Timer } from "@nodetcd/runtime";
import type { Calls } from "./calls.ts";
import { EtcdError, errorOfCancelledWatch, errorOfStatus, toEtcdError } from "./errors.ts";
import { KeyValue, keyValueOf } from "./key-value.ts";
import { retryPolicy, retryWait } from "./retry.ts";
import { type WatchBatch, type WatchEvent, WatchQueue } from "./watch-queue.ts";

export interface WatcherSettings {
  readonly create: (startRevision: number) => Init<WatchRequest>;
  readonly startRevision: number;
  readonly queueEvents: number;
  readonly requireLeader: boolean;
  readonly onProgress: ((revision: number) => void) | undefined;
  readonly onResponse: ((response: WatchResponse) => void) | undefined;
  readonly signal: AbortSignal | undefined;
  readonly endpoint: string | undefined;
}

/** Metadata of streams that are to end when their member has lost its leader. */
export const REQUIRE_LEADER: ReadonlyMap<string, string> = new Map([["hasleader", "true"]]);

/**
 * A watch: iterate over it with `for await`. When the connection breaks it goes on at the next
 * endpoint, at the revision after the last one that was received: no event is lost or comes twice.
 * It fails with `COMPACTED` (see `compactRevision`) when that part of history is gone, and when the
 * server refuses it. Leaving the loop, `return()`, the signal and `Client.close` end it.
 */
export class Watcher implements AsyncIterableIterator<WatchEvent> {
  /**
   * Resolves once the server watches, with the store revision at that moment; changes after it are
   * seen. Rejects when the watch fails or ends before; a rejection nobody looks at is not reported.
   */
  readonly ready: Promise<number>;
  readonly #connection: Calls;
  readonly #settings: WatcherSettings;
  readonly #queue = new WatchQueue();
  readonly #policy = retryPolicy();
  readonly #forget: () => void;
  readonly #abort = (): void => void this.return();
  readonly #forgetSignal: (() => void) | undefined;
  #stream: ClientStream | undefined;
  #paused = false;
  #ended = false;
  /** Counts streams, so that what an old one still says is not heard. */
  #generation = 0;
  #failures = 0;
  #retry: Timer | undefined;
  #next: number;
  #resolveReady: (revision: number) => void = () => undefined;
  #rejectReady: (error: Error) => void = () => undefined;

  constructor(connection: Calls, settings: WatcherSettings) {
    this.#connection = connection;
    this.#settings = settings;
    this.#next = settings.startRevision;
    this.ready = new Promise((resolve, reject) => {
      this.#resolveReady = resolve;
      this.#rejectReady = reject;
    });
    this.ready.catch(() => undefined);
    this.#queue.onTaken = () => this.#resumeWhenDrained();
    this.#forget = connection.onClose(() =>
      this.#end(new EtcdError("CLIENT_CLOSED", "The client was closed")),
    );
    connection.watches.add(this.#abort);
    const { signal } = settings;
    this.#forgetSignal = signal && onAbort(signal, this.#abort);
    if (signal?.aborted === true) this.#abort();
    else void this.#open();
  }

  /** The revision after the last one that was received: where another watch would go on. */
  get nextRevision(): number {
    return this.#next;
  }

  /** Events that have come and were not read yet; beyond `queueEvents` the server is held back. */
  get queued(): number {
    return this.#queue.length;
  }

  /** Asks how far this watch has come; the answer goes to `onProgress`. Lost when not connected. */
  requestProgress(): void {
    this.#send({ progressRequest: {} });
  }

  async next(): Promise<IteratorResult<WatchEvent>> {
    const event = await this.#queue.event();
    return event === undefined ? { done: true, value: undefined } : { done: false, value: event };
  }

  /** Ends the watch and drops what was not read. */
  return(): Promise<IteratorResult<WatchEvent>> {
    this.#end(undefined);
    this.#queue.discard();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  /**
   * The same events as they came: all that a revision changed is in one batch. Leaving the loop, or
   * `return()`, ends the watch, also while a `next()` is waiting.
   */
  batches(): AsyncIterableIterator<WatchBatch, undefined> {
    const batches: AsyncIterableIterator<WatchBatch, undefined> = {
      next: async () => {
        const value = await this.#queue.batch();
        return value === undefined ? { done: true, value } : { done: false, value };
      },
      return: async () => {
        await this.return();
        return { done: true, value: undefined };
      },
      [Symbol.asyncIterator]: () => batches,
    };
    return batches;
  }

  async #open(): Promise<void> {
    const generation = ++this.#generation;
    const { endpoint, requireLeader, create } = this.#settings;
    try {
      const { open, failed } = await this.#connection.stream(METHODS.Watch.Watch.path, {
        ...(requireLeader ? { metadata: REQUIRE_LEADER } : {}),
        ...(endpoint === undefined ? {} : { endpoint }),
      });
      if (this.#ended) return;
      const stream = open();
      this.#stream = stream;
      stream.onMessage = (message) => {
        if (generation === this.#generation) this.#receive(WatchResponse.decode(message));
      };
      stream.onEnd = (status) => {
        if (status.code === Status.UNAVAILABLE) failed();
        if (generation === this.#generation) this.#broken(status);
      };
      this.#send(create(this.#next));
    } catch (cause) {
      const error = toEtcdError(cause);
      this.#broken({ code: error.status, message: error.message, trailers: new Map() });
    }
  }

  #send(request: Init<WatchRequest>): void {
    this.#stream?.send(WatchRequest.encode(request));
  }

  #receive(response: WatchResponse): void {
    if (this.#ended) return;
    this.#failures = 0;
    this.#settings.onResponse?.(response);
    const revision = response.header?.revision ?? 0;
    if (response.canceled) {
      return this.#end(errorOfCancelledWatch(response.cancelReason, response.compactRevision));
    }
    if (response.created) {
      if (this.#next === 0) this.#next = revision + 1;
      return this.#resolveReady(revision);
    }
    if (response.events.length === 0) {
      this.#next = Math.max(this.#next, revision + 1);
      return this.#settings.onProgress?.(revision);
    }
    const last = response.events.at(-1)?.kv?.modRevision ?? 0;
    this.#next = Math.max(this.#next, last + 1);
    this.#queue.push({ revision, events: response.events.map(watchEvent) });
    this.#pauseWhenFull();
  }

  #pauseWhenFull(): void {
    if (this.#paused || this.#queue.length < this.#settings.queueEvents) return;
    this.#paused = true;
    this.#stream?.pause();
  }

  #resumeWhenDrained(): void {
    if (!this.#paused || this.#queue.length > this.#settings.queueEvents / 2) return;
    this.#paused = false;
    this.#stream?.resume();
  }

  /** The stream has ended without the watch having been cancelled: go on, unless that is hopeless. */
  #broken(status: CallStatus): void {
    if (this.#ended) return;
    this.#stream = undefined;
    this.#paused = false;
    const error = errorOfStatus(status.code, status.message);
    const passing =
      status.code === Status.OK ||
      status.code === Status.UNAVAILABLE ||
      status.code === Status.INTERNAL ||
      this.#connection.forgetToken(error);
    if (!passing || this.#connection.closed) return this.#end(error);
    this.#failures++;
    const endpoints = this.#connection.endpoints.length;
    const wait = retryWait(this.#policy, this.#failures, endpoints, this.#connection.random);
    this.#connection.logger.warn("watch stream broke, going on", {
      error: status.message,
      revision: this.#next,
      "wait-ms": Math.round(wait),
    });
    this.#retry = this.#connection.clock.setTimer(wait, () => void this.#open());
  }

  #end(error: Error | undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#generation++;
    this.#retry?.cancel();
    this.#stream?.cancel();
    this.#stream = undefined;
    this.#forgetSignal?.();
    this.#forget();
    this.#connection.watches.delete(this.#abort);
    this.#rejectReady(error ?? new EtcdError("CANCELLED", "The watch was ended"));
    this.#queue.end(error);
  }
}

function watchEvent(event: Event): WatchEvent {
  const wire = event.kv ?? { key: new Uint8Array(0), value: new Uint8Array(0) };
  return {
    type: event.type === EventType.DELETE ? "delete" : "put",
    keyValue: new KeyValue({ createRevision: 0, modRevision: 0, version: 0, lease: 0n, ...wire }),
    previous: keyValueOf(event.prevKv),
  };
}
