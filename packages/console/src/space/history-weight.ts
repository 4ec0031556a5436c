import type { Client } from "@nodetcd/client";
import type { Clock } from "@nodetcd/runtime";
import type { MeasureView } from "../contract/space.ts";
import { HISTORY_KEYS } from "../limits.ts";
import { reasonOf } from "../members/ask-members.ts";
import { foldersOf, latin1 } from "./folders.ts";

/** What older versions take. */
export interface OldVersions {
  versions: number;
  bytes: number;
}

interface KeyWeight extends OldVersions {
  /** Bytes of the newest version so far; undefined while the key is deleted. */
  newest: number | undefined;
}

/** Versions after which others have their turn. */
const TURN = 1_000;

/**
 * Older versions and their bytes by folder and by key, from one reading of all history that is left, with the rights of
 * who asked for it. Bytes are those of keys and values; deletions count with their keys.
 */
export class HistoryWeight {
  readonly #clock: Clock;
  readonly #folders = new Map<string, OldVersions>();
  readonly #keys = new Map<string, KeyWeight>();
  readonly #stop = new AbortController();
  #seen = 0;
  #revision = 0;
  #ended: number | undefined;
  #error = "";

  constructor(client: Client, clock: Clock) {
    this.#clock = clock;
    void this.#run(client);
  }

  get view(): MeasureView {
    return {
      versions: this.#seen,
      revision: this.#revision,
      ...(this.#ended === undefined ? {} : { at: this.#ended }),
      ...(this.#error === "" ? {} : { error: this.#error }),
    };
  }

  /** Of a folder, named with its slash at the end, or of a key. Undefined before the end. */
  of(name: Uint8Array, kind: "folder" | "key"): OldVersions | undefined {
    if (this.#ended === undefined || this.#error !== "") return undefined;
    const text = latin1(name);
    const found = kind === "folder" ? this.#folders.get(text) : this.#keys.get(text);
    return found ?? { versions: 0, bytes: 0 };
  }

  close(): void {
    this.#stop.abort();
  }

  async #run(client: Client): Promise<void> {
    try {
      const { signal } = this.#stop;
      for await (const { kind, revision, keyValue } of client.history("", {
        prefix: true,
        signal,
      })) {
        this.#revision = revision;
        this.#add(keyValue.key, kind === "delete" ? undefined : keyValue.value.length);
        if (this.#keys.size > HISTORY_KEYS) throw new Error(`more than ${HISTORY_KEYS} keys`);
        if (++this.#seen % TURN === 0) await this.#clock.yield();
      }
    } catch (error) {
      this.#error = reasonOf(error);
    }
    this.#ended = this.#clock.wallTime();
  }
  /** One more version; `size` of its value, undefined for a deletion. */
  #add(key: Uint8Array, size: number | undefined): void {
    const name = latin1(key);
    const known = this.#keys.get(name) ?? { versions: 0, bytes: 0, newest: undefined };
    this.#keys.set(name, known);
    if (known.newest !== undefined) this.#addOld(known, key, known.newest);
    if (size === undefined) this.#addOld(known, key, key.length);
    known.newest = size === undefined ? undefined : key.length + size;
  }

  #addOld(known: KeyWeight, key: Uint8Array, bytes: number): void {
    known.versions++;
    known.bytes += bytes;
    for (const name of foldersOf(key)) {
      const folder = this.#folders.get(name) ?? { versions: 0, bytes: 0 };
      folder.versions++;
      folder.bytes += bytes;
      this.#folders.set(name, folder);
    }
  }
}
