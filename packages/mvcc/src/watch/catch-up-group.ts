import { takePending, type Watcher } from "./watcher.ts";
import { WatcherGroup } from "./watcher-group.ts";

/** Watchers that read history together. */
export class Cohort {
  readonly group: WatcherGroup = new WatcherGroup();
  /**
   * The next revision to read. Its watchers have seen all that is for them below, but for those whose
   * `minRevision` is higher: they begin there.
   */
  position: number;
  /** In the middle of a revision of many changes: the key of the record to go on with; owned. */
  resumeAt: Uint8Array | undefined;
  /** Watchers with pending events of the window that is being read. */
  touched: Watcher[] = [];

  constructor(position: number) {
    this.position = position;
  }

  /** The window is read from its beginning again. */
  restartWindow(): void {
    for (const watcher of this.touched) if (watcher.cohort === this) takePending(watcher);
    this.touched = [];
    this.resumeAt = undefined;
  }

  add(watcher: Watcher): void {
    watcher.cohort = this;
    this.group.add(watcher);
  }

  remove(watcher: Watcher): void {
    watcher.cohort = undefined;
    this.group.remove(watcher);
  }
}
