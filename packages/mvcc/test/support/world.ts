import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Backend, openBackend } from "@nodetcd/backend";
import { type Clock, sleep } from "@nodetcd/runtime";
import { nodeClock, nodeDisk } from "@nodetcd/runtime/node";
import { VirtualClock } from "@nodetcd/simulator";
import type { BackendLike } from "../../src/mvcc.ts";
import { hex, MemoryBackend } from "./memory-backend.ts";
import { settle } from "./settle.ts";

/** Where a scenario takes place: a clock and a backend that can be closed, opened and lost. */
export interface World {
  readonly clock: Clock;
  readonly backend: BackendLike & Pick<Backend, "hold">;
  advance(ms: number): Promise<void>;
  settle<T>(promise: Promise<T>): Promise<T>;
  /** As an orderly end of the process and a new start. */
  restart(): Promise<void>;
  /** What was not committed is lost. The old backend may still be used by who has it. */
  crash(): Promise<void>;
  /** All records of the `key` bucket, as hex. */
  records(): string[];
  close(): Promise<void>;
}

/** Memory and virtual time. */
export class MemoryWorld implements World {
  readonly clock: VirtualClock;
  backend = new MemoryBackend();

  /** @param clock default: one that stands still until it is advanced */
  constructor(clock: VirtualClock = new VirtualClock()) {
    this.clock = clock;
  }

  advance(ms: number): Promise<void> {
    return this.clock.advanceAsync(ms);
  }
  settle<T>(promise: Promise<T>): Promise<T> {
    return settle(this.clock, promise);
  }
  restart(): Promise<void> {
    return this.backend.commit();
  }
  crash(): Promise<void> {
    this.backend = this.backend.afterCrash();
    return Promise.resolve();
  }
  records(): string[] {
    return this.backend.dump("key");
  }
  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** A real file and real time. */
export class FileWorld implements World {
  readonly clock: Clock = nodeClock;
  readonly directory: string = mkdtempSync(join(tmpdir(), "mvcc-"));
  path: string = join(this.directory, "db");
  backend: Backend = this.#open();
  #abandoned: Backend[] = [];
  #copies = 0;

  #open(): Backend {
    return openBackend({ clock: nodeClock, disk: nodeDisk }, this.path, { batchIntervalMs: 5 });
  }
  advance(ms: number): Promise<void> {
    return sleep(nodeClock, ms);
  }
  settle<T>(promise: Promise<T>): Promise<T> {
    return promise;
  }
  async restart(): Promise<void> {
    await this.backend.close();
    this.backend = this.#open();
  }
  /** The file as it is in this instant, maybe in the middle of a commit, is what is left. */
  crash(): Promise<void> {
    const path = join(this.directory, `db${++this.#copies}`);
    copyFileSync(this.path, path);
    this.#abandoned.push(this.backend);
    this.path = path;
    this.backend = this.#open();
    return Promise.resolve();
  }
  records(): string[] {
    const lines: string[] = [];
    this.backend.range("key", new Uint8Array(0), undefined, 0, (key, value) => {
      lines.push(`${hex(key)} ${hex(value)}`);
    });
    return lines;
  }
  async close(): Promise<void> {
    for (const backend of [this.backend, ...this.#abandoned]) await backend.close();
    this.#abandoned = [];
  }
  remove(): void {
    rmSync(this.directory, { recursive: true });
  }
}
