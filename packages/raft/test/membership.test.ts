import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ConfChange, ConfChangeType, ConfChangeV2, type ConfChangeSingle } from "@nodetcd/messages";
import { RaftError } from "../src/errors.ts";
import {
  enterJoint,
  leaveJoint,
  simpleChange,
  type JoinOptions,
  type Membership,
} from "../src/membership/change.ts";
import {
  asV2,
  confChangeEntry,
  confChangeOf,
  describeConfChange,
  entersJoint,
  leavesJoint,
} from "../src/membership/conf-change.ts";
import { EMPTY_CONFIGURATION, toConfState } from "../src/membership/configuration.ts";
import { checkMembership } from "../src/membership/invariants.ts";
import { restoreMembership } from "../src/membership/restore.ts";
import { bytes } from "./group.ts";

const seed = Number(process.env["SEED"] ?? Date.now() % 1_000_000);
const join: JoinOptions = { lastIndex: 5, maxInflightMessages: 3, maxInflightBytes: Infinity };
const EMPTY: Membership = { configuration: EMPTY_CONFIGURATION, progress: [] };

const changes = fc.array(
  fc.record({
    type: fc.constantFrom(...Object.values(ConfChangeType)),
    nodeId: fc.bigInt({ min: 0n, max: 5n }),
  }),
  { maxLength: 4 },
);
const steps = fc.array(
  fc.record({
    kind: fc.constantFrom("simple", "enter", "leave"),
    autoLeave: fc.boolean(),
    changes,
  }),
  { maxLength: 12 },
);

interface Step {
  readonly kind: string;
  readonly autoLeave: boolean;
  readonly changes: readonly ConfChangeSingle[];
}

function take(from: Membership, step: Step): Membership {
  if (step.kind === "simple") return simpleChange(from, join, step.changes);
  if (step.kind === "enter") return enterJoint(from, join, step.autoLeave, step.changes);
  return leaveJoint(from);
}

/** Every membership that the steps lead to; those that are refused change nothing. */
function walk(taken: readonly Step[]): Membership[] {
  let membership = simpleChange(EMPTY, join, [{ type: 0, nodeId: 1n }]);
  const seen = [membership];
  for (const step of taken) {
    const before = JSON.stringify(toText(membership));
    try {
      membership = take(membership, step);
      seen.push(membership);
    } catch (error) {
      expect(error).toBeInstanceOf(RaftError);
      expect(JSON.stringify(toText(membership))).toBe(before);
    }
  }
  return seen;
}

function toText({ configuration, progress }: Membership): unknown {
  const state = toConfState(configuration);
  return [
    ...Object.values(state).map(String),
    ...progress.map((member) => `${member.id} ${member.isLearner}`),
  ];
}

describe("membership changes", () => {
  test(`keep every invariant and always leave a voter (seed ${seed})`, () => {
    fc.assert(
      fc.property(steps, (taken) => {
        for (const membership of walk(taken)) {
          checkMembership(membership);
          expect(membership.configuration.incoming.length).toBeGreaterThan(0);
        }
      }),
      { seed, numRuns: 500 },
    );
  });

  test(`restoreMembership leads to the same from what is persisted (seed ${seed})`, () => {
    fc.assert(
      fc.property(steps, (taken) => {
        for (const membership of walk(taken)) {
          const restored = restoreMembership(toConfState(membership.configuration), join);
          expect(toText(restored)).toEqual(toText(membership));
        }
      }),
      { seed, numRuns: 500 },
    );
  });

  test(`any two configurations in a row share a voter in every quorum (seed ${seed})`, () => {
    // Quorums of either must intersect: no two leaders can be elected by both (thesis, 4.1, 4.3).
    const quorums = (membership: Membership): Set<bigint>[] => {
      const { incoming, outgoing } = membership.configuration;
      const all = [...new Set([...incoming, ...outgoing])];
      const holds = (half: readonly bigint[], set: Set<bigint>): boolean =>
        half.length === 0 || half.filter((id) => set.has(id)).length * 2 > half.length;
      return Array.from(
        { length: 2 ** all.length },
        (_, bits) => new Set(all.filter((_id, i) => bits & (1 << i))),
      ).filter((set) => holds(incoming, set) && holds(outgoing, set));
    };
    fc.assert(
      fc.property(steps, (taken) => {
        const seen = walk(taken);
        for (let i = 1; i < seen.length; i++) {
          for (const a of quorums(seen[i - 1]!)) {
            for (const b of quorums(seen[i]!)) {
              expect([...a].some((id) => b.has(id))).toBe(true);
            }
          }
        }
      }),
      { seed, numRuns: 60 },
    );
  });
});

describe("conf change messages", () => {
  const one = { type: ConfChangeType.ConfChangeAddNode, nodeId: 4n };

  test("one change is simple, several or a transition enter a joint configuration", () => {
    const change = (transition: 0 | 1 | 2, count: number): ConfChangeV2 => ({
      transition,
      changes: Array.from({ length: count }, () => one),
      context: bytes(""),
    });
    expect(entersJoint(change(0, 1))).toBeUndefined();
    expect(entersJoint(change(0, 2))).toEqual({ autoLeave: true });
    expect(entersJoint(change(1, 1))).toEqual({ autoLeave: true });
    expect(entersJoint(change(2, 1))).toEqual({ autoLeave: false });
    expect([
      leavesJoint(change(0, 0)),
      leavesJoint(change(0, 1)),
      leavesJoint(change(2, 0)),
    ]).toEqual([true, false, false]);
  });

  test("either generation survives its entry", () => {
    const v1: ConfChange = { id: 7n, ...one, context: bytes("c") };
    const v2: ConfChangeV2 = { transition: 1, changes: [one, one], context: bytes("d") };
    for (const change of [v1, v2]) {
      const carried = confChangeOf(confChangeEntry(change));
      expect(carried && ConfChangeV2.encode(carried)).toEqual(ConfChangeV2.encode(asV2(change)));
    }
    expect(confChangeEntry(v1).type).toBe(1);
    expect(confChangeEntry(v2).type).toBe(2);
    expect(describeConfChange(v2)).toBe(
      "transition:ConfChangeTransitionJointImplicit" +
        " changes:{type:ConfChangeAddNode node_id:4} changes:{type:ConfChangeAddNode node_id:4}" +
        ' context:"d"',
    );
  });
});
