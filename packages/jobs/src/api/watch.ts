import type { HttpReply } from "../http/exchange.ts";
import { BOOKMARK_MS, WATCH_MS_MAX, WATCH_MS_MIN } from "../limits.ts";
import { FieldErrors } from "../objects/field-errors.ts";
import type { KubeObject } from "../objects/meta.ts";
import type { ObjectEvent } from "../storage/watch.ts";
import { type Call, queryFlag, queryNumber } from "./call.ts";
import { selectionOf } from "./list.ts";
import type { Form } from "./negotiate.ts";
import { formOf, metadataOf, present } from "./present.ts";
import { toApiError } from "./reply.ts";
import { apiVersionOf } from "./served.ts";
import { tableOf } from "./tables/table.ts";

const INITIAL_EVENTS_END = "k8s.io/initial-events-end";

interface WatchRequest {
  readonly form: Form;
  /** Changes after it; `undefined` first shows what is there. */
  readonly from: number | undefined;
  readonly bookmarks: boolean;
  /** Send a bookmark behind what is there: a streaming list. */
  readonly endMark: boolean;
  readonly timeoutMs: number;
}

function checkMatch(initial: string | null, match: string): void {
  const errors = new FieldErrors();
  const field = "resourceVersionMatch";
  if (initial === null && match !== "") {
    const why = `${field} is forbidden for watch unless sendInitialEvents is provided`;
    errors.forbidden(field, why);
  }
  if (initial !== null && match !== "NotOlderThan") {
    errors.forbidden(field, `sendInitialEvents requires setting ${field} to NotOlderThan`);
  }
  if (match !== "" && match !== "NotOlderThan") errors.notSupported(field, match, ["NotOlderThan"]);
  errors.raise({ group: "meta.k8s.io", kind: "ListOptions" }, "");
}

function read(call: Call): WatchRequest {
  const { query } = call.request;
  const version = queryNumber(query, "resourceVersion");
  const initial = query.get("sendInitialEvents");
  const match = query.get("resourceVersionMatch") ?? "";
  const bookmarks = queryFlag(query, "allowWatchBookmarks");
  checkMatch(initial, match);
  const asked = queryNumber(query, "timeoutSeconds");
  const { random } = call.api.runtime;
  const timeoutMs =
    asked === undefined || asked === 0
      ? WATCH_MS_MIN + random.below(WATCH_MS_MAX - WATCH_MS_MIN)
      : asked * 1_000;
  const stream = initial === "true";
  const fresh = version === undefined || version === 0 || stream;
  return {
    form: formOf(call),
    from: fresh && initial !== "false" ? undefined : version,
    bookmarks,
    endMark: stream && bookmarks,
    timeoutMs,
  };
}

/** Writes events as lines; a table names its columns only once. */
class Lines {
  readonly #call: Call;
  readonly #form: Form;
  #columns = true;

  constructor(call: Call, form: Form) {
    this.#call = call;
    this.#form = form;
  }

  event(type: string, object: KubeObject): string {
    if (this.#form === "table") {
      const { resourceVersion = "" } = object.metadata;
      const table = tableOf(this.#call, [object], { resourceVersion }, this.#columns);
      this.#columns = false;
      return this.#line(type, table);
    }
    const shown = present(this.#call.target.served, object);
    return this.#line(type, this.#form === "metadata" ? metadataOf(shown) : shown);
  }

  bookmark(resourceVersion: string, initialEnd = false): string {
    const { served } = this.#call.target;
    const annotations = initialEnd ? { annotations: { [INITIAL_EVENTS_END]: "true" } } : {};
    const metadata = { name: "", resourceVersion, creationTimestamp: null, ...annotations };
    const bare = { kind: served.resource.kind, apiVersion: apiVersionOf(served), metadata };
    if (this.#form === "table") {
      const table = tableOf(this.#call, [], { resourceVersion }, this.#columns);
      this.#columns = false;
      const row = { cells: [], object: metadataOf(bare) };
      return this.#line("BOOKMARK", initialEnd ? { ...table, rows: [row] } : table);
    }
    return this.#line("BOOKMARK", this.#form === "metadata" ? metadataOf(bare) : bare);
  }

  error(error: unknown): string {
    return this.#line("ERROR", toApiError(error).toStatus());
  }

  #line(type: string, object: unknown): string {
    return `${JSON.stringify({ type, object })}\n`;
  }
}

async function* lines(
  call: Call,
  asked: WatchRequest,
  end: AbortController,
): AsyncGenerator<string, void, undefined> {
  const { api, target } = call;
  const { resource } = target.served;
  const written = new Lines(call, asked.form);
  const selection = selectionOf(call);
  const timer = api.runtime.clock.setTimer(asked.timeoutMs, () => end.abort());
  const leave = (): void => end.abort();
  call.request.signal.addEventListener("abort", leave);
  try {
    let { from } = asked;
    if (from === undefined) {
      const { items, resourceVersion } = await api.store.list(resource, selection);
      for (const object of items) yield written.event("ADDED", object);
      if (asked.endMark) yield written.bookmark(resourceVersion, true);
      from = Number(resourceVersion);
    }
    const events: AsyncIterable<ObjectEvent<KubeObject>> = api.store.watch(resource, {
      ...selection,
      fromRevision: from,
      signal: end.signal,
      ...(asked.bookmarks ? { bookmarkMs: BOOKMARK_MS } : {}),
    });
    for await (const event of events) {
      if (event.type === "BOOKMARK") yield written.bookmark(event.resourceVersion);
      else yield written.event(event.type, event.object);
    }
  } catch (error) {
    yield written.error(error);
  } finally {
    timer.cancel();
    call.request.signal.removeEventListener("abort", leave);
    end.abort();
  }
}

/** A stream of changes, a line each, until the time that the client gave is over. */
export function watch(call: Call): HttpReply {
  return {
    status: 200,
    headers: { "Content-Type": "application/json" },
    body: lines(call, read(call), new AbortController()),
  };
}
