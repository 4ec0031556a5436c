import { silentLogger } from "@nodetcd/runtime";
import { expect, test } from "vitest";
import {
  checkAdd,
  checkDowngrade,
  checkDowngradeCancel,
  checkLearnerReady,
  checkPromote,
  checkRemove,
  decideClusterVersion,
  isClusterAtLeast,
  isDowngraded,
  joinableRange,
  type MemberRecord,
  minorText,
  type ReconfigureContext,
  refuseOlderServer,
  wantedStorageVersion,
} from "../src/membership.ts";
import { codeOf, recordingLogger } from "./support/logger.ts";

function member(id: bigint, more: Partial<MemberRecord> = {}): MemberRecord {
  return {
    id,
    name: `m${id}`,
    peerUrls: [`http://h${id}:1`],
    clientUrls: [],
    isLearner: false,
    ...more,
  };
}

/** Member 1 looks at these; `connected` have been so for longer than it takes, `fresh` have not. */
function context(
  members: MemberRecord[],
  connected: bigint[],
  fresh: bigint[] = [],
): ReconfigureContext {
  return {
    ids: { clusterId: 9n, memberId: 1n },
    members,
    now: 100_000,
    activeSince: (id) =>
      connected.includes(id) ? 95_000 : fresh.includes(id) ? 95_001 : undefined,
    logger: silentLogger,
  };
}

const three = [member(1n), member(2n), member(3n)];
const unstarted = (id: bigint): MemberRecord => member(id, { name: "" });

test("checkAdd: keeps the quorum if the new member never starts", () => {
  const rows: [string, string | undefined, ReconfigureContext, MemberRecord][] = [
    ["a lone member may grow", undefined, context([member(1n)], []), member(4n)],
    ["all three connected", undefined, context(three, [2n, 3n]), member(4n)],
    ["one of three away", "UNHEALTHY", context(three, [2n]), member(4n)],
    ["one of three back for 4.999 s", "UNHEALTHY", context(three, [2n], [3n]), member(4n)],
    ["a learner, one away", "UNHEALTHY", context(three, [2n]), member(4n, { isLearner: true })],
    [
      "the second is not started",
      "NOT_ENOUGH_STARTED",
      context([member(1n), unstarted(2n)], []),
      member(4n),
    ],
    [
      "learners do not count",
      undefined,
      context([member(1n), member(5n, { isLearner: true })], []),
      member(4n),
    ],
  ];
  for (const [what, code, ...args] of rows)
    expect(
      codeOf(() => checkAdd(...args)),
      what,
    ).toBe(code);
});

test("checkRemove: who stays must be enough and connected", () => {
  const learner = member(5n, { isLearner: true });
  const rows: [string, string | undefined, ReconfigureContext, bigint][] = [
    ["all connected", undefined, context(three, [2n, 3n]), 3n],
    ["one that is down may go", undefined, context(three, [2n]), 3n],
    ["one that is up, another is down", "UNHEALTHY", context(three, [2n]), 2n],
    ["the last one", "NOT_ENOUGH_STARTED", context([member(1n)], []), 1n],
    ["a learner always", undefined, context([member(1n), learner], []), 5n],
    [
      "who stays was never started",
      "NOT_ENOUGH_STARTED",
      context([member(1n), unstarted(2n)], [2n]),
      1n,
    ],
  ];
  for (const [what, code, ...args] of rows)
    expect(
      codeOf(() => checkRemove(...args)),
      what,
    ).toBe(code);
});

test("checkPromote, checkLearnerReady: enough started, and nine tenths of the log", () => {
  expect(codeOf(() => checkPromote(context(three, []), 5n))).toBeUndefined();
  expect(
    codeOf(() => checkPromote(context([member(1n), unstarted(2n), unstarted(3n)], []), 5n)),
  ).toBe("NOT_ENOUGH_STARTED");
  const ready = (learnerMatch: number | undefined) =>
    codeOf(() => checkLearnerReady({ leaderMatch: 1000, learnerMatch }, silentLogger));
  expect([ready(900), ready(899), ready(0), ready(undefined)]).toEqual([
    undefined,
    "LEARNER_NOT_READY",
    "LEARNER_NOT_READY",
    "ID_NOT_FOUND",
  ]);
  expect(codeOf(() => checkLearnerReady(undefined, silentLogger))).toBe("NOT_LEADER");
});

const versions = (...all: (string | undefined)[]) =>
  new Map(all.map((one, i) => [BigInt(i + 1), one]));

test("decideClusterVersion: etcd's choice in every state", () => {
  type Row = [
    string | undefined,
    string | undefined,
    string | undefined,
    ...(string | undefined)[],
  ];
  const rows: Row[] = [
    // expected, cluster version, downgrade target, members
    ["3.6.0", undefined, undefined, "3.7.1", "3.6.14"],
    ["3.0.0", undefined, undefined, "3.7.1", undefined],
    ["3.7.0", "3.6.0", undefined, "3.7.1", "3.7.0"],
    [undefined, "3.6.0", undefined, "3.7.1", "3.6.14"],
    [undefined, "3.6.0", undefined, "3.7.1", undefined],
    [undefined, "3.7.0", undefined, "3.7.1", "3.6.14"],
    ["3.7.0", "3.0.0", undefined, "3.7.1"],
    ["3.6.0", "3.7.0", "3.6.0", "3.7.1", "3.7.1"],
    [undefined, "3.6.0", "3.6.0", "3.7.1", "3.6.14"],
    [undefined, "3.7.0", "3.6.0", "3.7.1", undefined],
    [undefined, "3.7.0", "3.5.0", "3.7.1"],
    [undefined, "3.7.0", "3.6.0", "3.7.1", "3.6.14"],
    [undefined, "3.6.0", undefined, "3.7.1", "nonsense"],
  ];
  for (const [expected, clusterVersion, downgradeTarget, ...members] of rows) {
    const state = {
      clusterVersion,
      downgradeTarget,
      members: versions(...members),
      serverVersion: "3.7.1",
    };
    expect(
      decideClusterVersion(state, silentLogger),
      JSON.stringify(state.clusterVersion) + members.join(),
    ).toBe(expected);
  }
});

test("decideClusterVersion: a leader of 3.6 warns of a later member", () => {
  const logger = recordingLogger();
  const state = {
    clusterVersion: "3.6.0",
    downgradeTarget: undefined,
    members: versions("3.6.14", "3.7.1"),
    serverVersion: "3.6.14",
  };
  expect(decideClusterVersion(state, logger)).toBeUndefined();
  expect(logger.lines).toEqual([
    [
      "leader found higher-versioned member",
      {
        "local-member-version": "3.6.14",
        "remote-member-id": "2",
        "remote-member-version": "3.7.1",
      },
    ],
  ]);
});

test("downgrade: what is accepted as a target, and when it is over", () => {
  const code = (...args: Parameters<typeof checkDowngrade>): unknown =>
    codeOf(() => checkDowngrade(...args));
  expect(checkDowngrade("3.6", "3.7.0", undefined)).toBe("3.6.0");
  expect(checkDowngrade("3.6.9", "3.7.0", undefined)).toBe("3.6.0");
  expect(code("3.7", "3.7.0", undefined)).toBe("BAD_DOWNGRADE_TARGET");
  expect(code("3.5.0", "3.7.0", undefined)).toBe("BAD_DOWNGRADE_TARGET");
  expect(code("three", "3.7.0", undefined)).toBe("BAD_DOWNGRADE_FORMAT");
  expect(code("3.6.0", undefined, undefined)).toBe("NO_CLUSTER_VERSION");
  expect(code("3.6.0", "3.7.0", "3.6.0")).toBe("DOWNGRADE_IN_PROGRESS");
  expect(code("3.6.0", "3.6.0", "3.6.0")).toBe("BAD_DOWNGRADE_TARGET");
  expect(codeOf(() => checkDowngradeCancel(undefined))).toBe("NO_DOWNGRADE");
  expect(isDowngraded("3.6.0", versions("3.6.14", "3.6.1"), silentLogger)).toBe(true);
  expect(isDowngraded("3.6.0", versions("3.6.14", "3.7.1"), silentLogger)).toBe(false);
  expect(isDowngraded("3.6.0", versions("3.6.14", undefined), silentLogger)).toBe(false);
});

test("versions: storage, joining, features", () => {
  expect(wantedStorageVersion("3.7.0", "3.6.0")).toBe("3.7.0");
  expect(wantedStorageVersion("3.7.0", undefined)).toBe("3.7.0");
  expect(wantedStorageVersion("3.7.0", "3.7.0")).toBeUndefined();
  expect(wantedStorageVersion("3.0.0", undefined)).toBeUndefined();
  expect(wantedStorageVersion(undefined, undefined)).toBeUndefined();
  expect(joinableRange("3.7.1", false)).toEqual([
    { major: 3, minor: 0 },
    { major: 3, minor: 7 },
  ]);
  expect(joinableRange("3.7.1", true)).toEqual([
    { major: 3, minor: 8 },
    { major: 3, minor: 8 },
  ]);
  expect(isClusterAtLeast("3.6.0", "3.7.0")).toBe(false);
  expect(isClusterAtLeast(undefined, "3.0.0")).toBe(false);
  expect(minorText("3.7.1")).toBe("3.7");
  expect(codeOf(() => refuseOlderServer("3.6.14", "3.7.0"))).toBe("BAD_VERSION");
  expect(codeOf(() => refuseOlderServer("3.7.1", "3.7.0"))).toBeUndefined();
});
