import { describe, expect, test } from "vitest";
import { MessageType } from "@nodetcd/messages";
import {
  LOCAL_APPEND_THREAD,
  MemoryStorage,
  RaftError,
  RawNode,
  type Config,
  type RaftErrorCode,
} from "../src/raft.ts";
import { MAX_WAITING_READS } from "../src/limits.ts";
import { bytes, entriesOfTerms, message, TestGroup, text } from "./group.ts";

function configOf(options: Partial<Config> = {}): Config {
  return {
    id: 1n,
    electionTick: 10,
    heartbeatTick: 1,
    storage: new MemoryStorage(),
    maxSizePerMessage: 1 << 20,
    maxInflightMessages: 256,
    random: () => 0,
    ...options,
  };
}

function codeOf(action: () => unknown): RaftErrorCode | undefined {
  try {
    action();
  } catch (error) {
    if (error instanceof RaftError) return error.code;
    throw error;
  }
  return undefined;
}

describe("RawNode options", () => {
  test.each<[string, Partial<Config>]>([
    ["no id", { id: 0n }],
    ["the id of a storage thread", { id: LOCAL_APPEND_THREAD }],
    ["no heartbeat", { heartbeatTick: 0 }],
    ["an election no longer than a heartbeat", { electionTick: 1 }],
    ["no message in flight", { maxInflightMessages: 0 }],
    ["fewer bytes in flight than in a message", { maxInflightBytes: 10 }],
    ["a lease without check-quorum", { readOnlyOption: "lease-based" }],
  ])("refuse %s", (_name, options) => {
    expect(codeOf(() => new RawNode(configOf(options)))).toBe("INVALID_CONFIG");
  });
});

describe("RawNode.step", () => {
  test("refuses local messages from the network and responses of strangers", () => {
    const { raw } = new TestGroup({ size: 3 }).get(1n);
    const local = [
      "MsgHup",
      "MsgBeat",
      "MsgUnreachable",
      "MsgSnapStatus",
      "MsgCheckQuorum",
    ] as const;
    for (const name of local) {
      const stepped = message({ type: MessageType[name], from: 2n });
      expect(
        codeOf(() => raw.step(stepped)),
        name,
      ).toBe("LOCAL_MESSAGE");
    }
    const answers = ["MsgAppResp", "MsgVoteResp", "MsgHeartbeatResp", "MsgReadIndexResp"] as const;
    for (const name of answers) {
      const stepped = message({ type: MessageType[name], from: 9n });
      expect(
        codeOf(() => raw.step(stepped)),
        name,
      ).toBe("PEER_NOT_FOUND");
      expect(codeOf(() => raw.step({ ...stepped, from: 2n }))).toBeUndefined();
    }
  });

  test("survives messages that no correct peer sends", () => {
    const group = new TestGroup({ size: 3 });
    group.elect(1n);
    const { raw } = group.get(1n);
    const unreadable = { type: 2 as const, term: 0, index: 0, data: new Uint8Array([0x12, 0x7f]) };
    const proposals = [[], [unreadable], [{ ...unreadable, type: 1 as const }]];
    for (const entries of proposals) {
      const proposal = message({ type: MessageType.MsgProp, entries });
      expect(codeOf(() => raw.step(proposal))).toBe("PROPOSAL_DROPPED");
    }
    raw.step(message({ type: MessageType.MsgReadIndex }));
    raw.step(message({ type: MessageType.MsgHeartbeatResp, term: 1, context: bytes("odd") }));
    group.raw(2n).step(message({ type: MessageType.MsgSnap, from: 1n, to: 2n, term: 1 }));
    group.raw(2n).step(message({ type: MessageType.MsgReadIndexResp, from: 1n, to: 2n, term: 1 }));
    group.settle();
    expect([group.leaders(), raw.lastIndex]).toEqual([[1n], 1]);
  });

  test("never changes a message it is given", () => {
    const group = new TestGroup({ size: 3 });
    group.elect(1n);
    const proposal = message({
      type: MessageType.MsgProp,
      entries: [{ type: 0, term: 0, index: 0, data: bytes("x") }],
    });
    const before = structuredClone(proposal);
    group.raw(1n).step(proposal);
    group.raw(2n).step(proposal);
    const wish = message({ type: MessageType.MsgTransferLeader, from: 3n, term: 1 });
    group.raw(2n).step(wish);
    expect(proposal).toEqual(before);
    expect([wish.to, wish.term]).toEqual([1n, 1]);
  });
});

describe("RawNode.propose", () => {
  test("is forwarded by a follower, dropped without a leader", () => {
    const group = new TestGroup({ size: 3 });
    expect(codeOf(() => group.raw(2n).propose(bytes("lost")))).toBe("PROPOSAL_DROPPED");
    group.elect(1n);
    group.raw(2n).propose(bytes("x"));
    group.raw(3n).proposeBatch([bytes("y"), bytes("z")]);
    group.settle();
    for (const member of group.members.values()) expect(member.applied).toEqual(["x", "y", "z"]);
  });

  test("a batch goes out in one message and is accepted or dropped as one", () => {
    const group = new TestGroup({ size: 3, maxUncommittedEntriesSize: 3 });
    group.elect(1n);
    group.sent.length = 0;
    group.filter = () => false;
    group.raw(1n).proposeBatch(["a", "b", "c"].map(bytes));
    expect(codeOf(() => group.raw(1n).proposeBatch(["d", "e"].map(bytes)))).toBe(
      "PROPOSAL_DROPPED",
    );
    group.raw(1n).proposeBatch([]);
    group.settle();
    const sent = group.sent.map(({ entries }) => entries.map(({ data }) => text(data)));
    expect(sent).toEqual([
      ["a", "b", "c"],
      ["a", "b", "c"],
    ]);
  });
});

describe("RawNode.readIndex", () => {
  test("drops reads beyond the bound on those that wait", () => {
    const group = new TestGroup({ size: 3 });
    group.keepReadies = true;
    group.elect(1n);
    group.filter = ({ type }) => type !== MessageType.MsgHeartbeat;
    for (let i = 0; i < MAX_WAITING_READS + 10; i++) {
      group.raw(1n).readIndex(bytes(""));
      if (i % 1_000 === 0) group.settle();
    }
    group.settle();
    group.heal();
    group.tick();
    const answered = group.get(1n).readies.flatMap(({ readStates }) => readStates);
    expect(answered).toHaveLength(MAX_WAITING_READS);
  });
});

describe("RawNode.ready", () => {
  test("has all that was asked for, once, and is not changed by what follows", () => {
    const group = new TestGroup({ size: 3 });
    group.elect(1n);
    const { raw } = group.get(1n);
    raw.propose(bytes("x"));
    const ready = raw.ready();
    const before = structuredClone(ready);
    raw.propose(bytes("y"));
    raw.tick();
    expect(ready).toEqual(before);
    expect([ready.entries.length, ready.messages.length, ready.mustSync]).toEqual([1, 2, true]);
    expect(() => raw.ready()).toThrow("without call to Advance");
    raw.advance();
    expect(raw.ready().entries.map(({ data }) => text(data))).toEqual(["y"]);
  });

  test("asks for durability only with entries, a new term or a new vote", () => {
    const group = new TestGroup({ size: 3 });
    group.keepReadies = true;
    group.elect(1n);
    group.raw(1n).propose(bytes("x"));
    group.settle();
    for (const { readies } of group.members.values()) {
      let [term, vote] = [0, 0n];
      for (const { hardState, entries, mustSync } of readies) {
        const changed =
          hardState !== undefined && (hardState.term !== term || hardState.vote !== vote);
        expect(mustSync).toBe(entries.length > 0 || changed);
        if (hardState !== undefined) ({ term, vote } = hardState);
      }
      expect(readies.some(({ mustSync }) => !mustSync)).toBe(true);
    }
  });

  test("asks for durability for a vote in a term that is persisted already", () => {
    const group = new TestGroup({ size: 3 });
    group.get(1n).storage.setHardState({ term: 1, vote: 0n, commit: 0 });
    group.restart(1n);
    group.raw(1n).step(message({ type: MessageType.MsgVote, from: 2n, term: 1 }));
    const { hardState, mustSync } = group.raw(1n).ready();
    expect([hardState, mustSync]).toEqual([{ term: 1, vote: 2n, commit: 0 }, true]);
  });

  test("advance is not for asynchronous storage", () => {
    const raw = new RawNode(configOf({ asyncStorageWrites: true }));
    expect(() => raw.advance()).toThrow("must not be called");
  });
});

describe("RawNode.bootstrap", () => {
  const peers = [1n, 2n, 3n].map((id) => ({ id, context: bytes(`member ${id}`) }));

  test("begins a group whose first entries add its members", () => {
    const storage = new MemoryStorage();
    const raw = new RawNode(configOf({ storage }));
    raw.bootstrap(peers);
    expect(raw.status().configuration.incoming).toEqual([1n, 2n, 3n]);
    const ready = raw.ready();
    expect(ready.hardState).toEqual({ term: 1, vote: 0n, commit: 3 });
    expect(ready.entries.map(({ type, term, index }) => [type, term, index])).toEqual([
      [1, 1, 1],
      [1, 1, 2],
      [1, 1, 3],
    ]);
    expect(ready.committedEntries).toEqual(ready.entries);
    expect(ready.mustSync).toBe(true);
  });

  test("refuses no peers and storage that is not empty", () => {
    expect(codeOf(() => new RawNode(configOf()).bootstrap([]))).toBe("CANNOT_BOOTSTRAP");
    const storage = new MemoryStorage();
    storage.append(entriesOfTerms([1]));
    const raw = new RawNode(configOf({ storage }));
    expect(codeOf(() => raw.bootstrap(peers))).toBe("CANNOT_BOOTSTRAP");
  });
});

describe("RawNode after a restart", () => {
  test("has nothing to say and goes on where it was; what was applied does not come again", () => {
    const group = new TestGroup({ size: 1 });
    group.elect(1n);
    group.raw(1n).propose(bytes("x"));
    group.settle();
    const { storage } = group.get(1n);
    const hardState = group.raw(1n).basicStatus().hardState;
    group.restart(1n);
    expect(group.raw(1n).hasReady()).toBe(false);
    expect(group.raw(1n).basicStatus()).toMatchObject({ hardState, role: "follower", applied: 2 });

    const confState = storage.initialState().confState;
    const again = new RawNode(configOf({ storage, applied: 0 }));
    expect(again.status().configuration.incoming).toEqual(confState.voters);
    expect(again.ready().committedEntries.map(({ index }) => index)).toEqual([1, 2]);
  });

  test("refuses a commit index beyond its log", () => {
    const storage = new MemoryStorage();
    storage.setHardState({ term: 1, vote: 0n, commit: 4 });
    expect(() => new RawNode(configOf({ storage }))).toThrow("state.commit 4 is out of range");
  });

  test("adopts the term of its log when a crash lost the state behind the entries", () => {
    const storage = new MemoryStorage();
    storage.append(entriesOfTerms([2]));
    const node = new RawNode(configOf({ storage }));
    expect(node.term).toBe(2);
    node.step(message({ type: MessageType.MsgPreVote, term: 3 }));
    const [answer] = node.ready().messages;
    expect(answer).toMatchObject({ type: MessageType.MsgPreVoteResp, reject: true, term: 2 });
  });

  test("does not campaign before committed membership changes are applied", () => {
    const group = new TestGroup({ size: 1 });
    group.elect(1n);
    const { raw, storage } = group.get(1n);
    raw.proposeConfChange({ id: 0n, type: 0, nodeId: 2n, context: bytes("") });
    group.settle();
    const again = new RawNode(configOf({ storage }));
    again.campaign();
    expect(again.role).toBe("follower");
  });
});

describe("RawNode.status", () => {
  test("has every member's progress on a leader and none elsewhere", () => {
    const group = new TestGroup({ size: 2, learners: [3n] });
    group.elect(1n);
    const { progress, configuration, leader, role } = group.raw(1n).status();
    expect(
      progress.map(({ id, match, state, isLearner }) => [id, match, state, isLearner]),
    ).toEqual([
      [1n, 1, "replicate", false],
      [2n, 1, "replicate", false],
      [3n, 1, "replicate", true],
    ]);
    expect(configuration).toMatchObject({ incoming: [1n, 2n], learners: [3n] });
    expect([leader, role, group.raw(1n).leader]).toEqual([1n, "leader", 1n]);
    expect(group.raw(2n).status().progress).toEqual([]);
  });
});
