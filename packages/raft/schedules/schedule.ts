import {
  ConfChangeTransition,
  ConfChangeType,
  type ConfChangeV2,
  type RaftMessage,
} from "@nodetcd/messages";
import { SeededRandom } from "@nodetcd/simulator";
import { DurableNode } from "./durable-node.ts";
import { Invariants } from "./invariants.ts";
import type { ScheduleOptions } from "./options.ts";

/** Messages that may be on their way at once; more are lost, as with a full buffer. */
const NETWORK_CAPACITY = 64;
const NODES_MAX = 7;

interface Action {
  readonly weight: number;
  readonly run: (node: DurableNode) => void;
}

/**
 * One random life of a cluster of up to seven nodes: messages are lost, doubled, reordered and
 * delayed; nodes crash with and without their last write; disks are slow; the membership changes.
 * Everything follows from the seed. Raises `Violation` when an invariant breaks.
 */
export class Schedule {
  readonly #random: SeededRandom;
  readonly #nodes: DurableNode[];
  readonly #network: RaftMessage[] = [];
  readonly #length: number;
  /** Nodes whose messages are lost both ways. */
  #cutOff = new Set<bigint>();
  #proposals = 0;
  readonly #actions: readonly Action[];

  constructor(options: ScheduleOptions) {
    const random = new SeededRandom(options.seed);
    this.#random = random;
    this.#length = options.length;
    const size = random.pick([1, 2, 3, 3, 3, 4, 5, 5, 7]);
    const voters = Array.from({ length: size }, (_, i) => BigInt(i + 1));
    const settings = {
      library: options.library,
      random,
      invariants: new Invariants(),
      fault: options.fault,
      asyncStorageWrites: options.fault === undefined && random.chance(0.3),
      preVote: random.chance(0.5),
      checkQuorum: random.chance(0.5),
      maxSizePerMessage: random.pick([0, 32, 1024, 1 << 20]),
      maxInflightMessages: random.pick([1, 4, 256]),
      send: (message: RaftMessage) => this.#send(message),
      logOf: (id: bigint) => this.#nodes.find((node) => node.id === id),
    };
    const spare = random.below(Math.min(3, NODES_MAX - size + 1));
    this.#nodes = Array.from(
      { length: size + spare },
      (_, i) => new DurableNode(BigInt(i + 1), voters, settings),
    );
    this.#actions = this.#drawActions();
  }

  run(): void {
    const random = this.#random;
    const total = this.#actions.reduce((sum, action) => sum + action.weight, 0);
    for (let i = 0; i < this.#length; i++) {
      const node = random.pick(this.#nodes);
      let dice = random.below(total);
      const action = this.#actions.find(({ weight }) => (dice -= weight) < 0);
      action?.run(node);
      if (random.chance(0.2)) this.#work();
    }
  }

  /**
   * What may happen, and how often in proportion. A schedule leaves some kinds out and favours
   * others, so that each kind is met with and without the rest ("swarm testing", Groce 2012).
   */
  #drawActions(): Action[] {
    const pick = <T>(items: readonly T[]): T => this.#random.pick(items);
    const basic: [number, Action["run"]][] = [
      [240, () => this.#deliver()],
      [200, (node) => node.takeReady()],
      [160, (node) => node.finishWrite()],
      [60, (node) => node.finishApply()],
    ];
    const wishes: [number, Action["run"]][] = [
      [60, (node) => node.tick()],
      [40, (node) => this.#propose(node)],
      [20, (node) => this.#crashOrStart(node)],
      [12, (node) => this.#proposeConfChange(node)],
      [30, (node) => node.read()],
      [12, () => this.#partition()],
      [12, (node) => node.ask((raw) => raw.campaign())],
      [6, (node) => node.ask((raw) => raw.transferLeader(pick(this.#nodes).id))],
      [3, (node) => node.ask((raw) => raw.forgetLeader())],
      [8, (node) => node.compact()],
      [4, (node) => node.ask((raw) => raw.reportUnreachable(pick(this.#nodes).id))],
    ];
    return [
      ...basic.map(([weight, run]) => ({ weight, run })),
      ...wishes.map(([weight, run]) => ({ weight: weight * pick([0, 1, 1, 4]), run })),
    ];
  }

  /** Every node does what it has to do, as when nothing goes wrong for a while. */
  #work(): void {
    for (const node of this.#nodes) {
      node.takeReady();
      node.finishWrite();
      node.finishApply();
    }
    for (let i = 0; i < 4; i++) this.#deliver();
  }

  #send(message: RaftMessage): void {
    if (this.#network.length >= NETWORK_CAPACITY || this.#random.chance(0.03)) return;
    this.#network.push(message);
    if (this.#random.chance(0.03)) this.#network.push(message);
  }

  /** Delivers one message: mostly the oldest, sometimes any. */
  #deliver(): void {
    if (this.#network.length === 0) return;
    const at = this.#random.chance(0.8) ? 0 : this.#random.below(this.#network.length);
    const [message] = this.#network.splice(at, 1);
    if (message === undefined) return;
    if (this.#cutOff.has(message.to) !== this.#cutOff.has(message.from)) return;
    this.#nodes.find((node) => node.id === message.to)?.step(message);
  }

  #propose(node: DurableNode): void {
    const data = new TextEncoder().encode(`p${this.#proposals++}`);
    node.ask((raw) => raw.propose(data));
  }

  #proposeConfChange(node: DurableNode): void {
    const random = this.#random;
    const change = (): { type: ConfChangeType; nodeId: bigint } => ({
      type: random.pick([
        ConfChangeType.ConfChangeAddNode,
        ConfChangeType.ConfChangeRemoveNode,
        ConfChangeType.ConfChangeAddLearnerNode,
      ]),
      nodeId: random.pick(this.#nodes).id,
    });
    const changes = Array.from({ length: random.below(4) }, change);
    const { ConfChangeTransitionAuto: auto, ...joint } = ConfChangeTransition;
    // Without changes it is the wish to leave a joint configuration, and must say nothing else.
    const transition = changes.length === 0 ? auto : random.pick([auto, ...Object.values(joint)]);
    const request: ConfChangeV2 = { transition, changes, context: new Uint8Array(0) };
    node.ask((raw) => raw.proposeConfChange(request));
  }

  #crashOrStart(node: DurableNode): void {
    if (!node.running) node.start();
    else if (this.#random.chance(0.5)) {
      node.crash();
      if (this.#random.chance(0.7)) node.start();
    }
  }

  #partition(): void {
    const leader = this.#nodes.find((node) => node.leading);
    if (this.#random.chance(0.3)) this.#cutOff = new Set();
    else if (leader !== undefined && this.#random.chance(0.6)) this.#cutOff = new Set([leader.id]);
    else this.#cutOff.add(this.#random.pick(this.#nodes).id);
  }
}
