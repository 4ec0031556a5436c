import { ConfChangeTransition, MessageType, type ConfChangeSingle } from "@nodetcd/messages";
import { RaftError } from "../src/errors.ts";
import type { AnyConfChange } from "../src/membership/conf-change.ts";
import { allVoters } from "../src/membership/configuration.ts";
import { newMessage } from "../src/message.ts";
import { addNodes } from "./add-nodes.ts";
import { firstNode, flagOf, nodeNumbers, numberOf, valueOf, valuesOf } from "./arguments.ts";
import { deliverMessages, type Recipient } from "./deliver.ts";
import { describeEntries, describeMessage, parseChanges } from "./describe-message.ts";
import { ROLE_NAMES } from "./describe-ready.ts";
import type { Group, ScenarioNode } from "./group.ts";
import type { Directive } from "./parse.ts";
import { processAppendThread, processApplyThread, processReady } from "./process.ts";
import { stabilize } from "./stabilize.ts";

type Command = (group: Group, directive: Directive) => void;

const utf8 = new TextEncoder();

/** Every command of scenarios that drive whole nodes. */
const COMMANDS: Readonly<Record<string, Command>> = {
  _breakpoint: () => undefined,
  "add-nodes": addNodes,
  campaign: (group, directive) => nodeOf(group, directive).raw.campaign(),
  compact(group, directive) {
    const node = nodeOf(group, directive);
    node.storage.compact(Number(directive.args[1]?.key));
    printLog(group, node);
  },
  "deliver-msgs": deliver,
  "process-ready": (group, directive) =>
    forEachNode(group, directive, "handling Ready", processReady),
  "process-append-thread": (group, directive) =>
    forEachNode(group, directive, "processing append thread", processAppendThread),
  "process-apply-thread": (group, directive) =>
    forEachNode(group, directive, "processing apply thread", processApplyThread),
  "log-level": (group, directive) => group.output.setLevel(directive.args[0]?.key ?? ""),
  "raft-log": (group, directive) => printLog(group, nodeOf(group, directive)),
  "raft-state": (group) => group.nodes.forEach((node) => printState(group, node)),
  "set-randomized-election-timeout"(group, directive) {
    const timeout = numberOf(directive, "timeout");
    if (!timeout) throw new Error("expected a timeout");
    nodeOf(group, directive).raw.setElectionTimeout(timeout);
  },
  stabilize: stabilizeAtLevel,
  status(group, directive) {
    for (const { id, text } of nodeOf(group, directive).raw.status().progress) {
      group.output.write(`${id}: ${text}\n`);
    }
  },
  "tick-election": (group, directive) =>
    tick(nodeOf(group, directive), (config) => config.electionTick),
  "tick-heartbeat": (group, directive) =>
    tick(nodeOf(group, directive), (config) => config.heartbeatTick),
  "transfer-leadership"(group, directive) {
    const [from, to] = [numberOf(directive, "from"), numberOf(directive, "to")];
    if (!from || !to) throw new Error('expected valid "from" and "to" arguments');
    group.node(from).raw.transferLeader(group.node(to).id);
  },
  "forget-leader": (group, directive) => nodeOf(group, directive).raw.forgetLeader(),
  "send-snapshot": sendSnapshot,
  propose(group, directive) {
    nodeOf(group, directive).raw.propose(utf8.encode(directive.args[1]?.key ?? ""));
  },
  "propose-conf-change": proposeConfChange,
  "report-unreachable"(group, directive) {
    const [on, about] = nodeNumbers(directive);
    if (on === undefined || about === undefined) {
      throw new Error(
        "must specify exactly two node indexes: node on which to report, and reported node",
      );
    }
    group.node(on).raw.reportUnreachable(group.node(about).id);
  },
  // Below: commands that the original scenarios do not have.
  "report-snapshot"(group, directive) {
    const [on, about] = nodeNumbers(directive);
    group.node(on ?? 0).raw.reportSnapshot(BigInt(about ?? 0), flagOf(directive, "ok") ?? true);
  },
  "read-index": (group, directive) =>
    nodeOf(group, directive).raw.readIndex(utf8.encode(directive.args[1]?.key ?? "")),
};

/** Runs one command and returns what it prints; `ok` when that is nothing. */
export function runCommand(group: Group, directive: Directive): string {
  group.output.clear();
  try {
    const command = COMMANDS[directive.command];
    if (command === undefined) throw new RaftError("INVALID_CONFIG", "unknown command");
    command(group, directive);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (group.output.quiet) return error.message;
    group.output.write(error.message);
  }
  return group.output.text === "" ? "ok" : group.output.text;
}

function nodeOf(group: Group, directive: Directive): ScenarioNode {
  return group.node(firstNode(directive));
}

function forEachNode(
  group: Group,
  directive: Directive,
  title: string,
  action: (group: Group, node: ScenarioNode) => void,
): void {
  const numbers = nodeNumbers(directive);
  for (const number of numbers) {
    const node = group.node(number);
    if (numbers.length === 1) {
      action(group, node);
    } else {
      group.output.write(`> ${number} ${title}\n`);
      group.output.indented(() => action(group, node));
    }
  }
}

function deliver(group: Group, directive: Directive): void {
  const recipients: Recipient[] = [];
  for (const { key, values } of directive.args) {
    if (values.length === 0) recipients.push({ id: BigInt(key), drop: false });
    if (key === "drop") {
      for (const value of values) recipients.push({ id: BigInt(value), drop: true });
    }
  }
  const name = valueOf(directive, "type");
  const type = Object.entries(MessageType).find(([each]) => each === name)?.[1];
  if (name !== undefined && type === undefined) throw new Error(`unknown message type ${name}`);
  const count = deliverMessages(group, recipients, type);
  if (count === 0) group.output.write("no messages\n");
}

function stabilizeAtLevel(group: Group, directive: Directive): void {
  const numbers = nodeNumbers(directive);
  const nodes = numbers.length > 0 ? numbers.map((n) => group.node(n)) : group.nodes;
  const before = group.output.level;
  const level = valueOf(directive, "log-level");
  if (level !== undefined) group.output.setLevel(level);
  try {
    stabilize(group, nodes);
  } finally {
    group.output.setLevel(before);
  }
}

function tick(node: ScenarioNode, count: (config: ScenarioNode["config"]) => number): void {
  for (let i = count(node.config); i > 0; i--) node.raw.tick();
}

function printLog(group: Group, { storage }: ScenarioNode): void {
  const first = storage.firstIndex();
  const last = storage.lastIndex();
  group.output.write(
    last < first
      ? `log is empty: first index=${first}, last index=${last}`
      : describeEntries(storage.entries(first, last + 1, Infinity)),
  );
}

function printState(group: Group, { raw }: ScenarioNode): void {
  const { id, role, leader, hardState, configuration } = raw.status();
  const voter = allVoters(configuration).includes(id) ? "(Voter)" : "(Non-Voter)";
  group.output.write(`${id}: ${ROLE_NAMES[role]} ${voter} Term:${hardState.term} Lead:${leader}\n`);
}

function sendSnapshot(group: Group, directive: Directive): void {
  const [from, to] = nodeNumbers(directive);
  const sender = group.node(from ?? 0);
  const message = newMessage(MessageType.MsgSnap, BigInt(to ?? 0));
  message.from = sender.id;
  message.term = sender.raw.term;
  message.snapshot = sender.storage.snapshot();
  group.messages.push(message);
  group.output.write(describeMessage(message));
}

const TRANSITIONS: Readonly<Record<string, ConfChangeTransition>> = {
  auto: ConfChangeTransition.ConfChangeTransitionAuto,
  implicit: ConfChangeTransition.ConfChangeTransitionJointImplicit,
  explicit: ConfChangeTransition.ConfChangeTransitionJointExplicit,
};

function proposeConfChange(group: Group, directive: Directive): void {
  for (const { key } of directive.args.slice(1)) {
    if (key !== "v1" && key !== "transition") throw new Error(`unknown command ${key}`);
  }
  const name = valuesOf(directive, "transition")?.[0] ?? "auto";
  const transition = TRANSITIONS[name];
  if (transition === undefined) throw new Error(`unknown transition ${name}`);
  const changes = parseChanges(directive.input);
  const v1 = flagOf(directive, "v1") ?? false;
  nodeOf(group, directive).raw.proposeConfChange(
    v1 ? firstGeneration(changes, name) : { transition, changes, context: new Uint8Array(0) },
  );
}

function firstGeneration(changes: readonly ConfChangeSingle[], transition: string): AnyConfChange {
  const [change, ...more] = changes;
  if (change === undefined || more.length > 0 || transition !== "auto") {
    throw new Error("v1 conf change can only have one operation and no transition");
  }
  return { id: 0n, ...change, context: new Uint8Array(0) };
}
