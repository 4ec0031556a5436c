import { ConfChangeTransition, ConfChangeType, type ConfChangeV2, type RaftMessage } from "@nodetcd/messages";
import { SeededRandom } from "@nodetcd/simulator";
import { DurableNode } from "./durable-node.ts";
import { Invariants } from "./invariants.ts";
import type { ScheduleOptions } from "./options.ts";

/** Messages that may be on their way at once; more are lost, as with a full buffer. */
const NETWORK_CAPACITY = 64;
const NODES_MAX = 7;

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
  }

  run(): void {
    const random = this.#random;
    for (let i = 0; i < this.#length; i++) {
      const node = random.pick(this.#nodes);
      const dice = random.below(1000);
      if (dice < 300) this.#deliver();
      else if (dice < 560) node.takeReady();
      else if (dice < 780) node.finishWrite();
      else if (dice < 820) node.finishApply();
      else if (dice < 890) node.tick();
      else this.#act(node, dice - 890);
      if (random.chance(0.2)) this.#work();
    }
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

  #act(node: DurableNode, dice: number): void {
    if (dice < 40) this.#propose(node);
    else if (dice < 55) this.#crashOrStart(node);
    else if (dice < 63) this.#proposeConfChange(node);
    else if (dice < 78) node.read();
    else if (dice < 86) this.#partition();
    else if (dice < 92) node.ask((raw) => raw.campaign());
    else if (dice < 97) node.ask((raw) => raw.transferLeader(this.#random.pick(this.#nodes).id));
    else if (dice < 99) node.ask((raw) => raw.forgetLeader());
    else if (dice < 107) node.compact();
    else node.ask((raw) => raw.reportUnreachable(this.#random.pick(this.#nodes).id));
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
    if (this.#random.chance(0.5)) this.#cutOff = new Set();
    else this.#cutOff.add(this.#random.pick(this.#nodes).id);
  }
}
