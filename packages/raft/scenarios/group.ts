import { type ConfState, type RaftMessage, type RaftSnapshot } from "@nodetcd/messages";
import type { Config } from "../src/config.ts";
import { MemoryStorage } from "../src/memory-storage.ts";
import { RawNode } from "../src/raw-node.ts";
import { Output } from "./output.ts";

/** Storage whose snapshot is always of the newest state applied. */
class ScenarioStorage extends MemoryStorage {
  readonly #newest: () => RaftSnapshot;

  constructor(newest: () => RaftSnapshot) {
    super();
    this.#newest = newest;
  }

  override snapshot(): RaftSnapshot {
    return this.#newest();
  }
}

/** One node of a scenario, with its storage and what its local threads have to do. */
export interface ScenarioNode {
  readonly id: bigint;
  readonly raw: RawNode;
  readonly storage: MemoryStorage;
  readonly config: Config;
  readonly appendWork: RaftMessage[];
  readonly applyWork: RaftMessage[];
  /** A snapshot for each state that the state machine has been in; it appends what it applies. */
  readonly history: RaftSnapshot[];
}

/** Options of `add-nodes` that are not the core's. */
export interface Beginning {
  readonly confState: ConfState;
  readonly index: number;
  readonly data: Uint8Array;
}

/** The nodes of a scenario and the messages between them. Nothing moves but by a command. */
export class Group {
  readonly output = new Output();
  readonly nodes: ScenarioNode[] = [];
  messages: RaftMessage[] = [];

  /** Node by its number, counted from 1. */
  node(number: number): ScenarioNode {
    const node = this.nodes[number - 1];
    if (node === undefined) throw new Error(`there is no node ${number}`);
    return node;
  }

  addNode(options: Omit<Config, "id" | "storage" | "logger">, beginning: Beginning): void {
    const { confState, index, data } = beginning;
    const id = BigInt(this.nodes.length + 1);
    const isNew = index === 0 && confState.voters.length + confState.learners.length === 0;
    const snapshot = { data, metadata: { confState, index, term: isNew ? 0 : 1 } };
    const history = [snapshot];
    const storage = new ScenarioStorage(() => history.at(-1)!);
    if (!isNew) {
      if (index <= 1) throw new Error("index must be specified as > 1 due to bootstrap");
      storage.applySnapshot(snapshot);
    }
    const config: Config = { ...options, id, storage, logger: this.output, applied: index };
    const raw = new RawNode(config);
    this.nodes.push({ id, raw, storage, config, appendWork: [], applyWork: [], history });
  }
}
