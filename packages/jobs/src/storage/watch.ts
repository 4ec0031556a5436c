import {
  type Client,
  EtcdError,
  type WatchEvent as StoredEvent,
  type Watcher,
} from "@nodetcd/client";
import type { Clock } from "@nodetcd/runtime";
import { ApiError } from "../errors.ts";
import type { KubeObject } from "../objects/meta.ts";
import type { Resource } from "../objects/resource.ts";
import { decodeObject } from "./encode.ts";
import { choose, type Chosen, type Selection } from "./list.ts";

export interface WatchOptions extends Selection {
  /** Changes after this revision: the `resourceVersion` of a list. Default: from now on. */
  fromRevision?: number;
  /** Milliseconds between bookmarks. Default: none. */
  bookmarkMs?: number;
  /** Called once etcd watches, with the revision after which changes are seen. */
  onReady?: (revision: number) => void;
  /** Ends the watch without an error. */
  signal?: AbortSignal;
}

export type ObjectEvent<T extends KubeObject> =
  /** `MODIFIED` also when nothing was seen of the object before, but it was there. */
  | { readonly type: "ADDED" | "MODIFIED" | "DELETED"; readonly object: T }
  /** All changes up to this revision have been given. */
  | { readonly type: "BOOKMARK"; readonly resourceVersion: string };

function tooOld(from: number, oldest: number): ApiError {
  return new ApiError("Expired", `too old resource version: ${from} (${oldest})`);
}

/** An event of etcd as one of a selection, or nothing when it is about objects outside of it. */
function translate<T extends KubeObject>(
  { type, keyValue, previous }: StoredEvent,
  { matches }: Chosen,
): ObjectEvent<T> | undefined {
  const { modRevision } = keyValue;
  const before = previous === undefined ? undefined : decodeObject<T>(previous, modRevision);
  const was = before !== undefined && matches(before);
  if (type === "delete") return was ? { type: "DELETED", object: before } : undefined;
  const object = decodeObject<T>(keyValue);
  if (matches(object)) {
    const added = keyValue.createRevision === modRevision || (before !== undefined && !was);
    return { type: added ? "ADDED" : "MODIFIED", object };
  }
  // It has left the selection: shown as it is now.
  return was ? { type: "DELETED", object } : undefined;
}

/** What a watch waits for besides events: the next revision that is known to be complete. */
class Progress {
  #resolve: () => void = () => undefined;
  revision = 0;
  next: Promise<"progress"> = this.#arm();

  #arm(): Promise<"progress"> {
    return new Promise((resolve) => {
      this.#resolve = () => resolve("progress");
    });
  }

  reach(revision: number): void {
    this.revision = revision;
    this.#resolve();
  }

  take(): number {
    this.next = this.#arm();
    return this.revision;
  }
}

/** See `ObjectStore.watch`. */
export async function* watchObjects<T extends KubeObject>(
  client: Client,
  clock: Clock,
  prefix: string,
  resource: Resource<T>,
  options: WatchOptions,
): AsyncGenerator<ObjectEvent<T>, void, undefined> {
  const chosen = choose(prefix, resource, options);
  const progress = new Progress();
  const { fromRevision, signal, bookmarkMs } = options;
  const watcher = client.watch(chosen.key ?? chosen.prefix, {
    ...(chosen.key === undefined ? { prefix: true } : {}),
    ...(fromRevision === undefined ? {} : { startRevision: fromRevision + 1 }),
    ...(signal === undefined ? {} : { signal }),
    ...(bookmarkMs === undefined ? {} : { onProgress: (revision) => progress.reach(revision) }),
    previous: true,
  });
  watcher.ready.then(options.onReady, () => undefined);
  const timer =
    bookmarkMs === undefined
      ? undefined
      : clock.setRepeating(bookmarkMs, () => watcher.requestProgress());
  try {
    yield* events<T>(watcher, progress, clock, chosen);
  } catch (error) {
    if (error instanceof EtcdError && error.code === "COMPACTED") {
      throw tooOld(fromRevision ?? 0, error.compactRevision);
    }
    throw error;
  } finally {
    timer?.cancel();
    await watcher.return();
  }
}

async function* events<T extends KubeObject>(
  watcher: Watcher,
  progress: Progress,
  clock: Clock,
  chosen: Chosen,
): AsyncGenerator<ObjectEvent<T>, void, undefined> {
  const batches = watcher.batches();
  let arrived = false;
  const take = (): ReturnType<typeof batches.next> => {
    arrived = false;
    const batch = batches.next();
    const note = (): void => void (arrived = true);
    batch.then(note, note);
    return batch;
  };
  let batch = take();
  for (;;) {
    const first = await Promise.race([batch, progress.next]);
    if (first === "progress") {
      // An event that came before this news may be a few promises behind it: it goes first.
      await clock.yield();
      if (!arrived) yield { type: "BOOKMARK", resourceVersion: String(progress.take()) };
      else progress.take();
      continue;
    }
    if (first.done === true) return;
    for (const stored of first.value.events) {
      const event = translate<T>(stored, chosen);
      if (event !== undefined) yield event;
    }
    batch = take();
  }
}
