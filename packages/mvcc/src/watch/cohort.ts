import type { Watcher } from "./watcher.ts";
import { WatcherGroup } from "./watcher-group.ts";

/** Watchers that read history together. */
export class Cohort {
  readonly group: WatcherGroup = new WatcherGroup();
  /**
   * The next revision to read. Its watchers have seen all that is for them below, but for those whose
   * `minRevision` is higher: they begin there.
   */
  position: number;

  constructor(position: number) {
    this.position = position;
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
