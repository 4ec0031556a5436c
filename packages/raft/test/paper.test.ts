import { describe, expect, test } from "vitest";
import { MessageType, type RaftMessage } from "@nodetcd/messages";
import { bytes, entriesOfTerms, message, TestGroup } from "./group.ts";

/**
 * Each test protects a sentence of "In Search of an Understandable Consensus Algorithm" (the paper) or
 * of "Consensus: Bridging Theory and Practice" (the thesis), named by its section.
 */

/** A group whose members begin with logs of these terms, in term `term`. */
function groupWithLogs(logs: readonly (readonly number[])[], term: number): TestGroup {
  const group = new TestGroup({ size: logs.length });
  logs.forEach((terms, i) => {
    const { storage, id } = group.get(BigInt(i + 1));
    storage.append(entriesOfTerms(terms));
    storage.setHardState({ term, vote: 0n, commit: 0 });
    group.restart(id);
  });
  return group;
}

function sentOf(group: TestGroup, type: MessageType): RaftMessage[] {
  return group.sent.filter((each) => each.type === type);
}

describe("paper 5.1: terms", () => {
  for (const role of ["follower", "candidate", "leader"] as const) {
    test(`a ${role} that sees a larger term becomes a follower of that term`, () => {
      const group = new TestGroup({ size: 3 });
      if (role === "leader") group.elect(1n);
      if (role === "candidate") group.raw(1n).campaign();
      expect(group.raw(1n).role).toBe(role);
      const term = group.raw(1n).term + 5;
      group.raw(1n).step(message({ type: MessageType.MsgApp, term, index: 0 }));
      expect([group.raw(1n).role, group.raw(1n).term]).toEqual(["follower", term]);
    });
  }

  test("a request with a stale term is rejected: it changes nothing", () => {
    const group = new TestGroup({ size: 3 });
    group.elect(1n);
    const before = group.raw(1n).status();
    const entries = entriesOfTerms([1]);
    group
      .raw(1n)
      .step(message({ type: MessageType.MsgApp, term: before.hardState.term - 1, entries }));
    expect(group.raw(1n).status()).toEqual(before);
  });
});

describe("paper 5.2: leader election", () => {
  test("servers start as followers and campaign when no communication comes for a timeout", () => {
    const group = new TestGroup({ size: 3 });
    for (const member of group.members.values()) expect(member.raw.role).toBe("follower");
    const { raw } = group.get(1n);
    for (let i = 0; i < 9; i++) raw.tick();
    expect(raw.role).toBe("follower");
    raw.tick();
    expect([raw.role, raw.term]).toEqual(["candidate", 1]);
  });

  test("a candidate votes for itself and asks each of the other servers", () => {
    const group = new TestGroup({ size: 5 });
    group.filter = () => false;
    group.raw(1n).campaign();
    group.settle();
    expect(group.get(1n).storage.initialState().hardState.vote).toBe(1n);
    expect(sentOf(group, MessageType.MsgVote).map(({ to }) => to)).toEqual([2n, 3n, 4n, 5n]);
  });

  test.each([1, 2, 3, 4, 5, 6, 7])(
    "a candidate of %i wins with a majority and not before",
    (size) => {
      const needed = Math.floor(size / 2) + 1;
      for (let votes = 1; votes <= size; votes++) {
        const group = new TestGroup({ size });
        group.filter = ({ type, to }) =>
          (type === MessageType.MsgVote && to <= BigInt(votes)) || to === 1n;
        group.raw(1n).campaign();
        group.settle();
        expect(group.raw(1n).role, `${votes} votes`).toBe(votes >= needed ? "leader" : "candidate");
      }
    },
  );

  test("each server votes for at most one candidate in a term, first come first served", () => {
    const group = new TestGroup({ size: 3 });
    const ask = (from: bigint): void =>
      group.raw(1n).step(message({ type: MessageType.MsgVote, from, term: 1 }));
    ask(2n);
    ask(3n);
    ask(2n);
    group.filter = () => false;
    group.settle();
    const answers = sentOf(group, MessageType.MsgVoteResp).map(({ to, reject }) => [to, reject]);
    expect(answers).toEqual([
      [2n, false],
      [3n, true],
      [2n, false],
    ]);
  });

  test("a server that knows the leader of a term votes for nobody else in it", () => {
    const group = new TestGroup({ size: 3 });
    group.raw(1n).step(message({ type: MessageType.MsgHeartbeat, from: 2n, term: 1 }));
    group.raw(1n).step(message({ type: MessageType.MsgVote, from: 3n, term: 1 }));
    group.filter = () => false;
    group.settle();
    expect(sentOf(group, MessageType.MsgVoteResp).map(({ reject }) => reject)).toEqual([true]);
  });

  test("a candidate that hears of a leader of its term follows it", () => {
    const group = new TestGroup({ size: 3 });
    group.raw(1n).campaign();
    group.raw(1n).step(message({ type: MessageType.MsgHeartbeat, from: 2n, term: 1 }));
    expect([group.raw(1n).role, group.raw(1n).leader]).toEqual(["follower", 2n]);
  });

  test("a split vote ends with a new election in a new term", () => {
    const group = new TestGroup({ size: 4 });
    group.raw(1n).campaign();
    group.raw(2n).campaign();
    group.isolate(1n, 3n);
    group.settle();
    expect(group.leaders()).toEqual([]);
    group.heal();
    for (let i = 0; i < 20 && group.raw(1n).role !== "leader"; i++) {
      group.raw(1n).tick();
      group.settle();
    }
    expect([group.leaders(), group.raw(1n).term]).toEqual([[1n], 2]);
  });

  test("election timeouts are drawn from [electionTick, 2 * electionTick - 1], all of them", () => {
    const seen = new Set<number>();
    for (let draw = 0; draw < 10; draw++) {
      const random = (bound: number): number => {
        expect(bound).toBe(10);
        return draw;
      };
      const group = new TestGroup({ size: 3, random });
      let ticks = 0;
      for (; group.raw(1n).role === "follower"; ticks++) group.raw(1n).tick();
      seen.add(ticks);
    }
    expect([...seen].sort((a, b) => a - b)).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
  });

  test("a leader sends heartbeats, which prevent elections", () => {
    const group = new TestGroup({ size: 3, heartbeatTick: 2 });
    group.elect(1n);
    group.sent.length = 0;
    group.tick(40);
    expect(sentOf(group, MessageType.MsgHeartbeat)).toHaveLength(2 * 20);
    expect([group.leaders(), group.raw(1n).term]).toEqual([[1n], 1]);
  });
});

describe("paper 5.3: log replication", () => {
  test("the leader appends, sends, and applies once a majority has the entry", () => {
    for (let acks = 0; acks <= 4; acks++) {
      const group = new TestGroup({ size: 5 });
      group.elect(1n);
      group.filter = ({ to }) => to <= BigInt(acks + 1);
      group.raw(1n).propose(bytes("x"));
      group.settle();
      expect(group.get(1n).applied, `${acks} acknowledgements`).toEqual(acks >= 2 ? ["x"] : []);
    }
  });

  test("an entry that is committed commits all before it, of former leaders too", () => {
    for (const terms of [[1], [1, 1], [1, 1, 2], [1, 2, 2, 4]]) {
      const group = groupWithLogs([terms, [], []], 5);
      group.elect(1n);
      group.raw(1n).propose(bytes("own"));
      group.settle();
      const expected = [...terms.map((term, i) => `${term}/${i + 1}`), "own"];
      for (const { applied } of group.members.values()) expect(applied).toEqual(expected);
    }
  });

  test("a follower learns what is committed from the leader and applies in log order", () => {
    const group = new TestGroup({ size: 3 });
    group.elect(1n);
    for (const data of ["a", "b", "c"]) group.raw(1n).propose(bytes(data));
    group.settle();
    for (const { applied } of group.members.values()) expect(applied).toEqual(["a", "b", "c"]);
  });

  test("the consistency check refuses entries that do not follow on the log", () => {
    const cases: [index: number, logTerm: number, reject: boolean][] = [
      [0, 0, false],
      [1, 1, false],
      [2, 2, false],
      [1, 2, true],
      [2, 3, true],
      [3, 3, true],
    ];
    for (const [index, logTerm, reject] of cases) {
      const group = groupWithLogs([[1, 2], [], []], 2);
      group.filter = () => false;
      group.raw(1n).step(message({ type: MessageType.MsgApp, term: 3, index, logTerm }));
      group.settle();
      const answer = sentOf(group, MessageType.MsgAppResp);
      expect(
        answer.map((each) => each.reject),
        `${logTerm}/${index}`,
      ).toEqual([reject]);
    }
  });

  // Figure 7: what may stand in followers' logs when the leader of term 8 comes to power.
  const leaderLog = [1, 1, 1, 4, 4, 5, 5, 6, 6, 6];
  test.each([
    ["a", "misses one", [1, 1, 1, 4, 4, 5, 5, 6, 6]],
    ["b", "misses many", [1, 1, 1, 4]],
    ["c", "has one more", [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6]],
    ["d", "has more of a newer term", [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7]],
    ["e", "misses some and has others", [1, 1, 1, 4, 4, 4, 4]],
    ["f", "has two terms nobody else has", [1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3]],
  ])("figure 7 (%s): a follower that %s gets the leader's log", (_name, _what, follower) => {
    const group = groupWithLogs([leaderLog, follower, []], 7);
    // The third member gives the vote that the second may refuse.
    group.elect(1n);
    group.raw(1n).propose(bytes("x"));
    group.settle();
    expect(group.terms(2n)).toEqual([...leaderLog, 8, 8]);
    expect(group.get(2n).applied).toEqual(group.get(1n).applied);
  });

  test("a conflict costs one refusal a term, not one an entry", () => {
    const tail = (term: number): number[] => Array.from({ length: 500 }, () => term);
    const group = groupWithLogs([[1, ...tail(3), ...tail(5)], [1, ...tail(2), ...tail(4)], [1]], 5);
    group.elect(1n);
    const refusals = sentOf(group, MessageType.MsgAppResp).filter(
      ({ from, reject }) => from === 2n && reject,
    );
    expect(refusals.length).toBeLessThanOrEqual(4);
    expect(group.terms(2n)).toEqual(group.terms(1n));
  });
});

describe("paper 5.4: safety", () => {
  test("5.4.1: a vote goes only to a candidate whose log is at least as up to date", () => {
    const cases: [own: number[], logTerm: number, index: number, granted: boolean][] = [
      [[1], 1, 1, true],
      [[1], 1, 2, true],
      [[1, 1], 1, 1, false],
      [[1], 2, 1, true],
      [[1, 1], 2, 1, true],
      [[2], 1, 1, false],
      [[2], 1, 2, false],
      [[1, 1, 3], 2, 9, false],
    ];
    for (const [own, logTerm, index, granted] of cases) {
      const group = groupWithLogs([own, [], []], 3);
      group.filter = () => false;
      group.raw(1n).step(message({ type: MessageType.MsgVote, term: 4, logTerm, index }));
      group.settle();
      expect(sentOf(group, MessageType.MsgVoteResp).map(({ reject }) => !reject)).toEqual([
        granted,
      ]);
    }
  });

  test("5.4.2, figure 8: no entry of an older term is committed by counting replicas", () => {
    // The first member leads term 4; a majority comes to hold its entry of term 2, not that of term 4.
    const group = groupWithLogs([[1, 2], [1, 2], [1], [1], [1, 3]], 3);
    group.filter = ({ type }) => type !== MessageType.MsgApp;
    group.elect(1n);
    const entries = entriesOfTerms([1, 2]).slice(1);
    for (const id of [2n, 3n]) {
      group.raw(id).step(message({ from: 1n, to: id, term: 4, index: 1, logTerm: 1, entries }));
    }
    group.settle();
    expect([group.terms(2n), group.terms(3n)]).toEqual([
      [1, 2],
      [1, 2],
    ]);
    expect(group.raw(1n).committed).toBe(0);
    // Together with an entry of its own term it is.
    group.isolate(1n, 2n, 3n);
    group.tick(2);
    expect(group.raw(1n).committed).toBe(3);
  });
});

describe("paper 5.5 and thesis 3.8: persisted state", () => {
  test("a vote survives a restart, so that nobody else gets it in the same term", () => {
    const group = new TestGroup({ size: 3 });
    group.filter = () => false;
    group.raw(1n).step(message({ type: MessageType.MsgVote, from: 2n, term: 1 }));
    group.settle();
    group.restart(1n);
    group.raw(1n).step(message({ type: MessageType.MsgVote, from: 3n, term: 1 }));
    group.settle();
    expect(sentOf(group, MessageType.MsgVoteResp).map(({ reject }) => reject)).toEqual([
      false,
      true,
    ]);
  });

  test("votes and acknowledgements come with the Ready that has what they promise", () => {
    const group = new TestGroup({ size: 3, asyncStorageWrites: true });
    group.raw(1n).step(message({ type: MessageType.MsgVote, from: 2n, term: 1 }));
    const ready = group.raw(1n).ready();
    const [write, ...others] = ready.messages;
    expect(others).toEqual([]);
    expect([write?.type, write?.term, write?.vote]).toEqual([MessageType.MsgStorageAppend, 1, 2n]);
    expect(write?.responses.map(({ type }) => type)).toEqual([MessageType.MsgVoteResp]);
    expect(ready.mustSync).toBe(true);
  });

  test("a leader's entry does not count before its own disk has it", () => {
    const group = new TestGroup({ size: 1 });
    group.elect(1n);
    const { raw, storage } = group.get(1n);
    raw.propose(bytes("x"));
    const ready = raw.ready();
    expect(ready.committedEntries).toEqual([]);
    storage.append(ready.entries);
    raw.advance();
    expect(raw.ready().committedEntries.map(({ index }) => index)).toEqual([2]);
  });
});

describe("paper 6, thesis 4: membership changes", () => {
  const noContext = bytes("");

  test("thesis 4.1: no change is taken before the one before it is applied", () => {
    const group = new TestGroup({ size: 3 });
    group.elect(1n);
    const add = (nodeId: bigint): void =>
      group.raw(1n).proposeConfChange({ id: 0n, type: 0, nodeId, context: noContext });
    add(4n);
    add(5n);
    group.settle();
    expect(group.raw(1n).status().configuration.incoming).toEqual([1n, 2n, 3n, 4n]);
  });

  test("thesis 4.1: nor while the one before it is committed but not applied", () => {
    const group = new TestGroup({ size: 1 });
    group.elect(1n);
    const { raw, storage } = group.get(1n);
    raw.proposeConfChange({ id: 0n, type: 3, nodeId: 2n, context: noContext });
    const first = raw.ready();
    storage.append(first.entries);
    raw.advance();
    expect([raw.committed, raw.applied]).toEqual([2, 1]);
    raw.proposeConfChange({ id: 0n, type: 3, nodeId: 3n, context: noContext });
    expect(raw.ready().entries.map(({ type }) => type)).toEqual([0]);
  });

  test("thesis 4.2.1: a learner catches up without counting", () => {
    const group = new TestGroup({ size: 1, learners: [2n] });
    group.filter = () => false;
    group.elect(1n);
    group.raw(1n).propose(bytes("x"));
    group.settle();
    expect(group.get(1n).applied).toEqual(["x"]);
    group.raw(2n).campaign();
    expect(group.raw(2n).role).toBe("follower");
    group.heal();
    group.tick(2);
    expect(group.get(2n).applied).toEqual(["x"]);
  });

  test("thesis 4.2.2: a removed leader leads on until the change is committed, uncounted", () => {
    const group = new TestGroup({ size: 3, stepDownOnRemoval: true });
    group.elect(1n);
    group.raw(1n).proposeConfChange({ id: 0n, type: 1, nodeId: 1n, context: noContext });
    group.settle();
    expect(group.raw(1n).role).toBe("follower");
    expect(group.raw(2n).status().configuration.incoming).toEqual([2n, 3n]);
    group.raw(1n).campaign();
    expect(group.raw(1n).role).toBe("follower");
  });

  test("thesis 4.2.3: removed servers cannot disrupt a group that hears of its leader", () => {
    const group = new TestGroup({ size: 3, checkQuorum: true });
    group.elect(1n);
    const term = group.raw(1n).term;
    for (const id of [1n, 2n]) {
      group.raw(id).step(
        message({
          type: MessageType.MsgVote,
          from: 9n,
          to: id,
          term: term + 5,
          logTerm: 9,
          index: 99,
        }),
      );
    }
    group.settle();
    expect([group.leaders(), group.raw(2n).term]).toEqual([[1n], term]);
  });

  test("thesis 4.3: while joint, both majorities are needed; then the new one alone", () => {
    const group = new TestGroup({ size: 3 });
    group.elect(1n);
    group.raw(1n).proposeConfChange({
      transition: 2,
      changes: [
        { type: 1, nodeId: 2n },
        { type: 1, nodeId: 3n },
      ],
      context: noContext,
    });
    group.settle();
    expect(group.raw(1n).status().configuration).toMatchObject({
      incoming: [1n],
      outgoing: [1n, 2n, 3n],
    });
    group.filter = () => false;
    group.raw(1n).propose(bytes("joint"));
    group.settle();
    expect(group.get(1n).applied).toEqual([]);
    group.heal();
    group.tick(2);
    expect(group.get(1n).applied).toEqual(["joint"]);
    group.raw(1n).proposeConfChange({ transition: 0, changes: [], context: noContext });
    group.settle();
    group.filter = () => false;
    group.raw(1n).propose(bytes("alone"));
    group.settle();
    expect(group.get(1n).applied).toEqual(["joint", "alone"]);
  });
});

describe("paper 7, thesis 5: snapshots", () => {
  test("a follower that needs what is compacted gets the snapshot and what follows it", () => {
    const group = new TestGroup({ size: 3 });
    group.elect(1n);
    group.isolate(3n);
    for (const data of ["a", "b", "c"]) group.raw(1n).propose(bytes(data));
    group.settle();
    const { storage, raw } = group.get(1n);
    storage.createSnapshot(raw.applied, undefined, bytes("abc"));
    storage.compact(raw.applied);
    group.raw(1n).propose(bytes("d"));
    group.settle();
    group.heal();
    group.tick(2);
    expect(sentOf(group, MessageType.MsgSnap)).toHaveLength(1);
    expect(group.get(3n).storage.snapshot().data).toEqual(bytes("abc"));
    expect(group.get(3n).applied).toEqual(["d"]);
  });

  test("a snapshot of what the follower has keeps the log that follows it", () => {
    const group = groupWithLogs([[1, 1, 1, 1], [], []], 1);
    const metadata = { ...group.get(1n).storage.snapshot().metadata!, index: 2, term: 1 };
    const snapshot = { data: bytes(""), metadata };
    group.filter = () => false;
    group.raw(1n).step(message({ type: MessageType.MsgSnap, term: 1, snapshot }));
    group.settle();
    expect([group.raw(1n).committed, group.raw(1n).lastIndex]).toEqual([2, 4]);
  });
});

describe("paper 8: client interaction", () => {
  test("a leader commits an empty entry at the start of its term", () => {
    const group = new TestGroup({ size: 3 });
    group.elect(1n);
    expect([group.terms(3n), group.raw(1n).committed]).toEqual([[1], 1]);
  });
});

describe("thesis 3.10: leadership transfer", () => {
  test("the target catches up, campaigns at once and leads; proposals wait", () => {
    const group = new TestGroup({ size: 3, checkQuorum: true, preVote: true });
    group.elect(1n);
    group.isolate(3n);
    group.raw(1n).propose(bytes("x"));
    group.settle();
    group.heal();
    group.raw(1n).transferLeader(3n);
    expect(() => group.raw(1n).propose(bytes("y"))).toThrow("raft proposal dropped");
    group.tick(2);
    expect([group.leaders(), group.raw(3n).term, group.get(3n).applied]).toEqual([[3n], 2, ["x"]]);
  });
});

describe("thesis 6.2: a leader without a quorum steps down", () => {
  test("within an election timeout", () => {
    const group = new TestGroup({ size: 3, checkQuorum: true });
    group.elect(1n);
    group.tick(10);
    group.isolate(1n);
    for (let i = 0; i < 20; i++) group.raw(1n).tick();
    expect(group.raw(1n).role).toBe("follower");
  });
});

describe("thesis 6.4.1: a lease", () => {
  test("is kept by followers: they do not forget their leader", () => {
    for (const readOnlyOption of ["safe", "lease-based"] as const) {
      const group = new TestGroup({ size: 3, checkQuorum: true, readOnlyOption });
      group.elect(1n);
      group.raw(2n).forgetLeader();
      expect(group.raw(2n).leader).toBe(readOnlyOption === "safe" ? 0n : 1n);
    }
  });
});

describe("thesis 6.4: read-only queries", () => {
  test("a deposed leader answers no read, the new one answers with what is committed", () => {
    const group = new TestGroup({ size: 3 });
    group.keepReadies = true;
    group.elect(1n);
    group.isolate(1n);
    group.raw(2n).campaign();
    group.settle();
    group.raw(2n).propose(bytes("x"));
    group.settle();
    expect(group.leaders()).toEqual([1n, 2n]);
    group.raw(1n).readIndex(bytes("stale"));
    group.raw(2n).readIndex(bytes("fresh"));
    group.settle();
    const reads = (id: bigint): number[] =>
      group.get(id).readies.flatMap(({ readStates }) => readStates.map(({ index }) => index));
    expect([reads(1n), reads(2n)]).toEqual([[], [group.raw(2n).committed]]);
  });
});

describe("thesis 9.6: pre-vote", () => {
  test("a server that comes back from behind a partition has not raised its term", () => {
    const group = new TestGroup({ size: 3, preVote: true });
    group.elect(1n);
    group.isolate(3n);
    group.tick(50);
    expect([group.raw(3n).role, group.raw(3n).term]).toEqual(["pre-candidate", 1]);
    group.heal();
    group.tick(5);
    expect([group.leaders(), group.raw(1n).term]).toEqual([[1n], 1]);
  });

  test("a pre-vote is not a vote: any number may be given in a term", () => {
    const group = new TestGroup({ size: 3, preVote: true });
    group.filter = () => false;
    for (const from of [2n, 3n]) {
      group.raw(1n).step(message({ type: MessageType.MsgPreVote, from, term: 1 }));
    }
    group.settle();
    expect(sentOf(group, MessageType.MsgPreVoteResp).map(({ reject }) => reject)).toEqual([
      false,
      false,
    ]);
    expect(group.raw(1n).basicStatus().hardState).toEqual({ term: 0, vote: 0n, commit: 0 });
  });
});
