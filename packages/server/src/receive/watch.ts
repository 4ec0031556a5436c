import type { StreamCall } from "@nodetcd/grpc";
import { FilterType, type WatchCreateRequest, WatchRequest } from "@nodetcd/messages";
import type { WatchFilter, WatchResponse, WatchStream } from "@nodetcd/mvcc";
import { MvccError } from "@nodetcd/mvcc";
import type { Timer } from "@nodetcd/runtime";
import type { Core } from "../core.ts";
import { RequestError } from "../errors.ts";
import { GRPC_OVERHEAD_BYTES, WATCHES_PER_STREAM_MAX } from "../limits.ts";
import { errorText, failStream } from "./error-to-status.ts";
import { encodeControl, encodeEvents, type WatchControl } from "./watch-response.ts";

/** Stands for no watch, or for all of a stream. */
const NO_WATCH = -1;
const SMALLEST_KEY = Uint8Array.of(0);
/** Shortest interval between progress notifications, in milliseconds (etcd's number). */
const PROGRESS_INTERVAL_MIN_MS = 100;

/** What a watch of a client wants besides its events. */
interface WatchWishes {
  readonly previous: boolean;
  readonly fragment: boolean;
  readonly progress: boolean;
  /** Nothing was sent to it since the last look, so its progress is news. */
  quiet: boolean;
}

function filtersOf(request: WatchCreateRequest): WatchFilter[] {
  const filters: WatchFilter[] = [];
  if (request.filters.includes(FilterType.NOPUT)) filters.push("no-put");
  if (request.filters.includes(FilterType.NODELETE)) filters.push("no-delete");
  return filters;
}

/** The watches of one gRPC stream. */
class WatchSession {
  readonly #core: Core;
  readonly #call: StreamCall;
  readonly #watches = new Map<number, WatchWishes>();
  readonly #stream: WatchStream;
  readonly #progressTimer: Timer;

  constructor(core: Core, call: StreamCall) {
    this.#core = core;
    this.#call = call;
    this.#stream = core.store.watches.openStream((response) => this.#deliver(response));
    this.#progressTimer = core.runtime.clock.setRepeating(this.#progressInterval(), () =>
      this.#notifyProgress(),
    );
    call.onMessage = (bytes) => this.#receive(bytes);
    call.onDrain = () => {
      call.resume();
      this.#stream.resume();
    };
    call.onCancel = () => this.#close();
    // A client that sends no more still wants its events.
    call.onHalfClose = () => undefined;
  }

  /** A tenth at random on top, so that not all streams are told at the same time. */
  #progressInterval(): number {
    const { config, runtime } = this.#core;
    const interval = Math.max(config.watchProgressNotifyIntervalMs, PROGRESS_INTERVAL_MIN_MS);
    return interval + runtime.random.below(Math.max(1, Math.floor(interval / 10)));
  }

  #close(): void {
    this.#progressTimer.cancel();
    this.#stream.close();
    this.#watches.clear();
  }

  #receive(bytes: Uint8Array): void {
    try {
      const request = WatchRequest.decode(bytes);
      if (request.createRequest !== undefined) this.#create(request.createRequest);
      else if (request.cancelRequest !== undefined) this.#cancel(request.cancelRequest.watchId);
      else if (request.progressRequest !== undefined) this.#stream.requestProgress(NO_WATCH);
    } catch (error) {
      this.#close();
      failStream(this.#call, error);
    }
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
    let id: number;
    try {
      id = this.#stream.watch({
        id: request.watchId,
        key: request.key.length === 0 ? SMALLEST_KEY : request.key,
        end: request.rangeEnd,
        startRevision: request.startRevision,
        filters: filtersOf(request),
      });
    } catch (error) {
      if (!(error instanceof MvccError)) throw error;
      this.#refuse(error.message);
      return;
    }
    this.#watches.set(id, {
      previous: request.prevKv,
      fragment: request.fragment,
      progress: request.progressNotify,
      quiet: true,
    });
    this.#sendControl({ watchId: id, created: true });
  }

  #refuse(cancelReason: string): void {
    this.#sendControl({ watchId: NO_WATCH, created: true, canceled: true, cancelReason });
  }

  #cancel(id: number): void {
    this.#watches.delete(id);
    if (this.#stream.cancel(id)) this.#sendControl({ watchId: id, canceled: true });
  }

  #sendControl(control: WatchControl): void {
    const { headers, store } = this.#core;
    // A client that asks and does not read is not listened to until it has read.
    if (!this.#call.send(encodeControl(headers, store.revision, control))) this.#call.pause();
  }

  /** Takes what the hub has for a watch; false: no more for now. */
  #deliver(response: WatchResponse): boolean {
    const { headers, store, config } = this.#core;
    const { watchId, compactRevision, events } = response;
    if (compactRevision !== 0) {
      this.#watches.delete(watchId);
      const control = { watchId, canceled: true, compactRevision };
      return this.#call.send(encodeControl(headers, 0, control));
    }
    const wishes = this.#watches.get(watchId);
    if (wishes !== undefined && events.length > 0) wishes.quiet = false;
    const messages = encodeEvents(headers, response, {
      previousFrom: wishes?.previous === true ? store : undefined,
      maxBytes: wishes?.fragment === true ? config.maxRequestBytes + GRPC_OVERHEAD_BYTES : Infinity,
    });
    let more = true;
    for (const message of messages) more = this.#call.send(message);
    return more;
  }

  #notifyProgress(): void {
    for (const [id, wishes] of this.#watches) {
      if (wishes.progress && wishes.quiet) this.#stream.requestProgress(id);
      wishes.quiet = true;
    }
  }
}

/** `etcdserverpb.Watch/Watch` */
export function receiveWatch(core: Core): (call: StreamCall) => void {
  return (call) => void new WatchSession(core, call);
}
