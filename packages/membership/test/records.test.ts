import { BUCKETS } from "@nodetcd/backend";
import { ConfChange, ConfChangeType } from "@nodetcd/messages";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  applyAttributes,
  applyChange,
  checkChange,
  Cluster,
  clusterIdOf,
  memberIdOf,
  memberJson,
  memberListJson,
  type MemberRecord,
  parseMemberJson,
  parseMemberListJson,
  promotionContext,
} from "../src/membership.ts";
import { temporaryBackend } from "./support/backend.ts";
import { codeOf, recordingLogger } from "./support/logger.ts";

let store: ReturnType<typeof temporaryBackend>;
let cluster: Cluster;
const ids = { clusterId: 0xcn, memberId: 1n };

beforeEach(() => {
  store = temporaryBackend();
  cluster = new Cluster(store.backend);
});
afterEach(() => store.close());

function member(id: bigint, more: Partial<MemberRecord> = {}): MemberRecord {
  return {
    id,
    name: `m${id}`,
    peerUrls: [`http://h${id}:2380`],
    clientUrls: [],
    isLearner: false,
    ...more,
  };
}

function change(
  type: ConfChangeType,
  nodeId: bigint,
  context: Uint8Array | string = "",
): ConfChange {
  return { ...ConfChange.create(), type, nodeId, context: Buffer.from(context) };
}

const { ConfChangeAddNode, ConfChangeAddLearnerNode, ConfChangeRemoveNode, ConfChangeUpdateNode } =
  ConfChangeType;

test("memberIdOf, clusterIdOf: the ids that real etcd gives the same members", async () => {
  // A member at http://localhost:2380 under the token etcd-cluster, as `etcd` without options founds it.
  const id = await memberIdOf(["http://localhost:2380"], "etcd-cluster");
  expect(id.toString(16)).toBe("8e9e05c52164694d");
  expect((await clusterIdOf([id])).toString(16)).toBe("cdf818194e3a8c32");
  expect(await memberIdOf(["http://b:1", "http://a:1"], "t")).toBe(
    await memberIdOf(["http://a:1", "http://b:1"], "t"),
  );
  expect(await memberIdOf(["http://a:1"], "", 1_700_000_000)).not.toBe(
    await memberIdOf(["http://a:1"], "", 1_700_000_001),
  );
});

test("memberJson: reads back what it writes, ids of 64 bits and hostile names included", () => {
  const record = fc.record({
    id: fc.bigInt({ min: 1n, max: 2n ** 64n - 1n }),
    name: fc.oneof(
      fc.string(),
      fc.constant('"id":1,'),
      fc.constant('{"id": 12345678901234567890}'),
    ),
    peerUrls: fc.array(fc.string(), { maxLength: 3 }),
    clientUrls: fc.array(fc.string(), { maxLength: 3 }),
    isLearner: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(record, { maxLength: 4 }), (members) => {
      for (const one of members) expect(parseMemberJson(memberJson(one))).toEqual(one);
      expect(parseMemberListJson(memberListJson(members))).toEqual(members);
    }),
  );
  for (const text of ["", "null", "[]", '{"id":"1"}', '{"name":"\\"id\\":1"}']) {
    expect(
      codeOf(() => parseMemberJson(text)),
      text,
    ).toBe("BAD_RECORD");
  }
  expect(codeOf(() => parseMemberListJson("{}"))).toBe("BAD_RECORD");
});

test("Cluster: keeps etcd's records, and reads them again", () => {
  cluster.save(member(0xabcn, { isLearner: true }));
  cluster.save(member(2n, { clientUrls: ["http://c:2379"] }));
  cluster.remove(2n);
  cluster.setVersion("3.7.0");
  cluster.setDowngradeTarget("3.6.0");
  const text = (
    bucket: "members" | "members_removed" | "cluster",
    key: string,
  ): string | undefined => {
    const value = store.backend.get(bucket, Buffer.from(key));
    return value && Buffer.from(value).toString();
  };
  expect(text(BUCKETS.members, "abc")).toBe(
    '{"id":2748,"peerURLs":["http://h2748:2380"],"isLearner":true,"name":"m2748"}',
  );
  expect(text(BUCKETS.membersRemoved, "2")).toBe("removed");
  expect(text(BUCKETS.cluster, "clusterVersion")).toBe("3.7.0");
  expect(text(BUCKETS.cluster, "downgrade")).toBe('{"target-version":"3.6.0","enabled":true}');
  const again = new Cluster(store.backend);
  expect(again.members()).toEqual(cluster.members());
  expect(again.removedIds()).toEqual([2n]);
  expect([again.version, again.downgradeTarget]).toEqual(["3.7.0", "3.6.0"]);
  expect(again.confState()).toMatchObject({ voters: [], learners: [0xabcn] });
  again.setDowngradeTarget(undefined);
  expect(text(BUCKETS.cluster, "downgrade")).toBe('{"target-version":"","enabled":false}');
  cluster.load(store.backend);
  expect(cluster.downgradeTarget).toBeUndefined();
});

test("checkChange: what etcd refuses, with its code, and nothing is changed", () => {
  cluster.save(member(1n));
  cluster.save(member(2n, { isLearner: true }));
  cluster.save(member(3n));
  cluster.remove(3n);
  const add = (record: MemberRecord, type: ConfChangeType = ConfChangeAddNode): ConfChange =>
    change(type, record.id, memberJson(record));
  const rows: [string | undefined, ConfChange][] = [
    [undefined, add(member(4n))],
    ["ID_EXISTS", add(member(1n, { peerUrls: ["http://new:1"] }))],
    ["ID_REMOVED", add(member(3n))],
    ["PEER_URL_EXISTS", add(member(4n, { peerUrls: ["http://h2:2380"] }))],
    ["TOO_MANY_LEARNERS", add(member(4n, { isLearner: true }), ConfChangeAddLearnerNode)],
    ["BAD_RECORD", change(ConfChangeAddNode, 4n, "no JSON")],
    [undefined, change(ConfChangeAddNode, 2n, promotionContext(2n))],
    ["NOT_LEARNER", change(ConfChangeAddNode, 1n, promotionContext(1n))],
    ["ID_NOT_FOUND", change(ConfChangeAddNode, 9n, promotionContext(9n))],
    ["ID_REMOVED", change(ConfChangeAddNode, 3n, promotionContext(3n))],
    [undefined, change(ConfChangeRemoveNode, 1n)],
    ["ID_NOT_FOUND", change(ConfChangeRemoveNode, 9n)],
    ["ID_REMOVED", change(ConfChangeRemoveNode, 3n)],
    [undefined, change(ConfChangeUpdateNode, 1n, memberJson(member(1n)))],
    ["ID_NOT_FOUND", change(ConfChangeUpdateNode, 9n, memberJson(member(9n)))],
    [
      "PEER_URL_EXISTS",
      change(ConfChangeUpdateNode, 1n, memberJson(member(1n, { peerUrls: ["http://h2:2380"] }))),
    ],
  ];
  const before = memberListJson(cluster.members());
  for (const [code, wanted] of rows) {
    expect(
      codeOf(() => checkChange(cluster, wanted)),
      `${code} ${wanted.nodeId}`,
    ).toBe(code);
  }
  expect(memberListJson(cluster.members())).toBe(before);
});

test("applyChange: adds, promotes, updates and removes, with etcd's lines", () => {
  const logger = recordingLogger();
  const learner = member(2n, { isLearner: true, name: "" });
  const apply = (one: ConfChange): unknown => applyChange(cluster, ids, logger, one);
  expect(apply(change(ConfChangeAddLearnerNode, 2n, memberJson(learner)))).toEqual({
    kind: "added",
    member: learner,
  });
  applyAttributes(cluster, ids, logger, 2n, { name: "two", clientUrls: ["http://c:1"] });
  expect(apply(change(ConfChangeAddNode, 2n, promotionContext(2n)))).toEqual({
    kind: "promoted",
    id: 2n,
  });
  apply(change(ConfChangeUpdateNode, 2n, memberJson(member(2n, { peerUrls: ["http://moved:1"] }))));
  expect(cluster.member(2n)).toEqual({
    id: 2n,
    name: "two",
    peerUrls: ["http://moved:1"],
    clientUrls: ["http://c:1"],
    isLearner: false,
  });
  apply(change(ConfChangeRemoveNode, 2n));
  applyAttributes(cluster, ids, logger, 2n, { name: "late", clientUrls: [] });
  expect(cluster.members()).toEqual([]);
  expect(logger.lines.map(([message]) => message)).toEqual([
    "added member",
    "promote member",
    "updated member",
    "removed member",
    "skipped attributes update of removed member",
  ]);
});
