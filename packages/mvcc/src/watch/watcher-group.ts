import { IntervalTree } from "./interval-tree.ts";
import type { Watcher } from "./watcher.ts";

/** Watchers by what they watch: single keys in a map, ranges in an interval tree. */
export class WatcherGroup {
  readonly #all = new Set<Watcher>();
  readonly #byKey = new Map<string, Set<Watcher>>();
  readonly #ranges = new IntervalTree<Watcher>();

  get size(): number {
    return this.#all.size;
  }

  /** All of them, in the order they came. */
  get watchers(): ReadonlySet<Watcher> {
    return this.#all;
  }

  add(watcher: Watcher): void {
    this.#all.add(watcher);
    if (!watcher.single) {
      this.#ranges.add(watcher.key, watcher.end, watcher);
      return;
    }
    const sameKey = this.#byKey.get(watcher.key);
    if (sameKey === undefined) this.#byKey.set(watcher.key, new Set([watcher]));
    else sameKey.add(watcher);
  }

  remove(watcher: Watcher): void {
    if (!this.#all.delete(watcher)) return;
    if (!watcher.single) {
      this.#ranges.remove(watcher.key, watcher.end, watcher);
      return;
    }
    const sameKey = this.#byKey.get(watcher.key);
    sameKey?.delete(watcher);
    if (sameKey?.size === 0) this.#byKey.delete(watcher.key);
  }

  /** Calls `visit` for every watcher of a key. The group must not change meanwhile. */
  visit(key: string, visit: (watcher: Watcher) => void): void {
    const sameKey = this.#byKey.get(key);
    if (sameKey !== undefined) for (const watcher of sameKey) visit(watcher);
    this.#ranges.visit(key, visit);
  }

  /** Some watcher watches this key. */
  has(key: string): boolean {
    return this.#byKey.has(key) || this.#ranges.has(key);
  }
}
