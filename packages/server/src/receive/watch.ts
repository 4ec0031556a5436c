import { AUTH_ERRORS, AuthError } from "@nodetcd/auth";
import type { StreamCall } from "@nodetcd/grpc";
import { FilterType, NO_BYTES, type WatchCreateRequest, WatchRequest } from "@nodetcd/messages";
import type { WatchFilter, WatchResponse, WatchStream } from "@nodetcd/mvcc";
import { MvccError } from "@nodetcd/mvcc";
import type { Timer } from "@nodetcd/runtime";
import type { MemberContext } from "../member-context.ts";
import { RequestError } from "../errors.ts";
import {
  EVENTS_PER_LOOK,
  EVENTS_PER_TURN,
  GRPC_OVERHEAD_BYTES,
  WATCH_RESPONSE_BYTES,
  WATCHES_PER_STREAM_MAX,
} from "../limits.ts";
import { SlicedTask } from "../read/fair-queue.ts";
import type { Caller } from "../wire/caller.ts";
import { errorText, failStream } from "../wire/error-map.ts";
import type { StreamHandler } from "./handler.ts";
import {
  encodeControl,
  encodeEvents,
  encodeWatchId,
  EventsEncoder,
  type WatchControl,
} from "./watch-response.ts";

/** Stands for no watch. */
const NO_WATCH = -1n;
const SMALLEST_KEY = Uint8Array.of(0);
/** Shortest interval between progress notifications, in milliseconds (etcd's number). */
const PROGRESS_INTERVAL_MIN_MS = 100;

/** A watch of a client, and what it wants besides its events. */
interface ClientWatch {
  /** Its id as a field of its responses; set once the id is known, before the first of them. */
  idField: Uint8Array;
  readonly previous: boolean;
  readonly fragments: boolean;
  readonly progress: boolean;
  /** Nothing was sent to it since the last look, so its progress is news. */
  quiet: boolean;
  cancelled: boolean;
}

/** Go's names of the statuses that a watch can be refused with. */
const REFUSALS = {
  PERMISSION_DENIED: "PermissionDenied",
  USER_NAME_EMPTY: "InvalidArgument",
  OLD_AUTH_REVISION: "InvalidArgument",
  INVALID_AUTH_TOKEN: "Unauthenticated",
} as const;

function filtersOf(request: WatchCreateRequest): WatchFilter[] {
  const filters: WatchFilter[] = [];
  if (request.filters.includes(FilterType.NOPUT)) filters.push("no-put");
  if (request.filters.includes(FilterType.NODELETE)) filters.push("no-delete");
  return filters;
}

/** The watches of one gRPC stream. */
class WatchSession {
  readonly #member: MemberContext;
  readonly #call: StreamCall;
  readonly #watches = new Map<bigint, ClientWatch>();
  readonly #stream: WatchStream;
  readonly #progressTimer: Timer;
  /** A response of very many events is being encoded: the hub has to wait until it is sent. */
  #encoding = false;
  #closed = false;

  constructor(member: MemberContext, call: StreamCall) {
    this.#member = member;
    this.#call = call;
    this.#stream = member.store.watches.openStream((response) => this.#sendProgress(response));
    this.#progressTimer = member.runtime.clock.setRepeating(this.#progressInterval(), () =>
      this.#notifyProgress(),
    );
    call.onMessage = (bytes) => this.#receive(bytes);
    call.onDrain = () => {
      call.resume();
      if (!this.#encoding) this.#stream.resume();
    };
    call.onCancel = () => this.#close();
    // A client that sends no more still wants its events.
    call.onHalfClose = () => undefined;
  }

  /** A tenth at random on top, so that not all streams are told at the same time. */
  #progressInterval(): number {
    const { config, runtime } = this.#member;
    const interval = Math.max(config.watchProgressNotifyIntervalMs, PROGRESS_INTERVAL_MIN_MS);
    return interval + runtime.random.below(Math.max(1, Math.floor(interval / 10)));
  }

  #close(): void {
    this.#closed = true;
    this.#progressTimer.cancel();
    this.#stream.close();
    this.#watches.clear();
  }

  #receive(bytes: Uint8Array): void {
    try {
      const request = WatchRequest.decode(bytes);
      if (request.createRequest !== undefined) this.#create(request.createRequest);
      else if (request.cancelRequest !== undefined) this.#cancel(request.cancelRequest.watchId);
      else if (request.progressRequest !== undefined) this.#stream.requestProgressOfAll();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    this.#close();
    failStream(this.#call, error);
  }

  #create(request: WatchCreateRequest): void {
    if (request.startRevision < 0) {
      this.#refuse(errorText(new RequestError("COMPACTED")));
      return;
    }
    if (this.#watches.size >= WATCHES_PER_STREAM_MAX) {
      this.#refuse(errorText(new RequestError("TOO_MANY_REQUESTS")));
      return;
    }
    try {
      const caller = this.#member.access.identify(this.#call);
      if (caller instanceof Promise) this.#createLater(request, caller);
      else this.#createFor(request, caller);
    } catch (error) {
      this.#refuseFor(error);
    }
  }

  /** What comes after it on the stream waits. */
  #createLater(request: WatchCreateRequest, caller: Promise<Caller>): void {
    this.#call.pause();
    void caller
      .then((known) => this.#createFor(request, known))
      .catch((error: unknown) => this.#refuseFor(error))
      .finally(() => this.#call.resume());
  }

  /** Raises an `AuthError` when he may not read what is to be watched. */
  #createFor(request: WatchCreateRequest, caller: Caller): void {
    if (this.#call.cancelled) return;
    const key = request.key.length === 0 ? SMALLEST_KEY : request.key;
    this.#member.auth.checkKeys(caller, key, request.rangeEnd, "read");
    const watch: ClientWatch = {
      idField: NO_BYTES,
      previous: request.prevKv,
      fragments: request.fragment,
      progress: request.progressNotify,
      quiet: true,
      cancelled: false,
    };
    let id: bigint;
    try {
      id = this.#stream.watch({
        id: request.watchId,
        key,
        end: request.rangeEnd,
        startRevision: request.startRevision,
        filters: filtersOf(request),
        sink: (response) => this.#deliver(watch, response),
      });
    } catch (error) {
      if (!(error instanceof MvccError)) throw error;
      this.#refuse(error.message);
      return;
    }
    watch.idField = encodeWatchId(id);
    this.#watches.set(id, watch);
    this.#sendControl({ watchId: id, created: true });
  }

  /** As Go prints the status; of the stream nothing else is disturbed. */
  #refuseFor(error: unknown): void {
    if (!(error instanceof AuthError)) return this.#fail(error);
    const code =
      error.code in REFUSALS ? (error.code as keyof typeof REFUSALS) : "PERMISSION_DENIED";
    this.#refuse(`rpc error: code = ${REFUSALS[code]} desc = ${AUTH_ERRORS[code].text}`);
  }

  #refuse(cancelReason: string): void {
    this.#sendControl({ watchId: NO_WATCH, created: true, canceled: true, cancelReason });
  }

  #cancel(id: bigint): void {
    this.#forget(id);
    if (this.#stream.cancel(id)) this.#sendControl({ watchId: id, canceled: true });
  }

  #forget(id: bigint): void {
    const watch = this.#watches.get(id);
    if (watch === undefined) return;
    watch.cancelled = true;
    this.#watches.delete(id);
  }

  #sendControl(control: WatchControl): void {
    const { headers, store } = this.#member;
    // A client that asks and does not read is not listened to until it has read.
    if (!this.#call.send(encodeControl(headers, store.revision, control))) this.#call.pause();
  }

  /** Takes what the hub has for a watch; false: no more for now. */
  #deliver(watch: ClientWatch, response: WatchResponse): boolean {
    const { headers, store, config } = this.#member;
    const { watchId, compactRevision, events } = response;
    if (compactRevision !== 0) {
      this.#forget(watchId);
      const control = { watchId, canceled: true, compactRevision };
      return this.#call.send(encodeControl(headers, 0, control));
    }
    if (events.length > 0) watch.quiet = false;
    const { idField, fragments } = watch;
    const options = {
      watchId: idField,
      previousFrom: watch.previous ? store : undefined,
      maxBytes: fragments ? config.maxRequestBytes + GRPC_OVERHEAD_BYTES : WATCH_RESPONSE_BYTES,
      fragments,
    };
    if (events.length <= EVENTS_PER_TURN) {
      return this.#sendAll(encodeEvents(headers, response, options));
    }
    void this.#encodeLarge(new EventsEncoder(headers, response, options), watch);
    return false;
  }

  /** How far all watches of the stream are. */
  #sendProgress({ watchId, revision }: WatchResponse): boolean {
    return this.#call.send(encodeControl(this.#member.headers, revision, { watchId }));
  }

  #sendAll(messages: readonly Uint8Array[]): boolean {
    let more = true;
    for (const message of messages) more = this.#call.send(message);
    return more;
  }

  /** Sends the response once it is encoded, if its watch is still there. */
  async #encodeLarge(encoder: EventsEncoder, watch: ClientWatch): Promise<void> {
    const { fairQueue, runtime } = this.#member;
    const isWanted = (): boolean => !watch.cancelled && !this.#closed;
    const work = new SlicedTask(fairQueue, runtime.clock, isWanted);
    this.#encoding = true;
    let more = true;
    try {
      await work.run(() => encoder.step(EVENTS_PER_LOOK));
      more = this.#sendAll(encoder.messages);
    } catch (error) {
      if (isWanted()) return this.#fail(error);
    } finally {
      this.#encoding = false;
    }
    if (more) this.#stream.resume();
  }

  #notifyProgress(): void {
    for (const [id, watch] of this.#watches) {
      if (watch.progress && watch.quiet) this.#stream.requestProgress(id);
      watch.quiet = true;
    }
  }
}

/** `etcdserverpb.Watch/Watch` */
export function receiveWatch(member: MemberContext): StreamHandler {
  return (call) => void new WatchSession(member, call);
}
