import type { Watcher, WatcherPlace } from "./watcher.ts";
import { WatcherGroup } from "./watcher-group.ts";

/** A stretch of history that is read for a group, in one turn of the loop or several. */
export interface CatchUpWindow {
  /** Key of the record to go on with; owned. */
  resumeAt: Uint8Array;
  /** Of the last record that was read, and of the last one with events. */
  revision: number;
  counted: number;
  /** Revisions with events, events counted for each watcher, and their bytes. */
  revisions: number;
  events: number;
  bytes: number;
  /** Watchers with pending events; some may have left the group. */
  readonly touched: Watcher[];
}

/** Watchers that read history together. */
export class CatchUpGroup implements WatcherPlace {
  readonly members: WatcherGroup = new WatcherGroup();
  /**
   * The first revision that was not read, or is in `window`. Its watchers have been sent all that is for them
   * below, but for those whose `nextRevision` is higher: they begin there.
   */
  position: number;
  /** What is being read; nobody may join meanwhile. */
  window: CatchUpWindow | undefined;
  readonly #onEmpty: (group: CatchUpGroup) => void;

  constructor(position: number, onEmpty: (group: CatchUpGroup) => void) {
    this.position = position;
    this.#onEmpty = onEmpty;
  }

  /** The window is read from its beginning again. */
  restartWindow(): void {
    for (const watcher of this.window?.touched ?? []) watcher.dropPending();
    this.window = undefined;
  }

  add(watcher: Watcher): void {
    watcher.becomeUnsynced(this);
    this.members.add(watcher);
  }

  remove(watcher: Watcher): void {
    this.members.remove(watcher);
    if (this.members.size === 0) this.#onEmpty(this);
  }
}
