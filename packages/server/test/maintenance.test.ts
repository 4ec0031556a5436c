import { createHash } from "node:crypto";
import { Status } from "@nodetcd/grpc";
import {
  DowngradeAction,
  DowngradeRequest,
  DowngradeResponse,
  MemberAddRequest,
  MemberAddResponse,
  MemberRemoveRequest,
  MemberRemoveResponse,
  MemberUpdateRequest,
  MemberUpdateResponse,
  AlarmAction,
  AlarmRequest,
  AlarmResponse,
  AlarmType,
  AuthStatusRequest,
  AuthStatusResponse,
  DefragmentRequest,
  DefragmentResponse,
  HashKVRequest,
  HashKVResponse,
  HashRequest,
  HashResponse,
  HealthCheckRequest,
  HealthCheckResponse,
  MemberListRequest,
  MemberListResponse,
  MemberPromoteRequest,
  MemberPromoteResponse,
  MoveLeaderRequest,
  MoveLeaderResponse,
  ServingStatus,
  SnapshotResponse,
  StatusRequest,
  StatusResponse,
} from "@nodetcd/messages";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bytes, dispose, failure, startTestMember, type TestMember } from "./support/member.ts";

const MAINTENANCE = "etcdserverpb.Maintenance";

describe("Maintenance, Cluster and health", () => {
  let member: TestMember;
  beforeAll(async () => {
    member = await startTestMember({ advertiseClientUrls: ["http://10.0.0.1:2379"] });
    for (let i = 0; i < 20; i++) await member.put(`key-${i}`, "x".repeat(5_000));
  });
  afterAll(() => dispose(member));

  test("Status has every field as etcd fills it", async () => {
    const status = await member.call(`${MAINTENANCE}/Status`, StatusRequest, StatusResponse, {});
    expect(status).toMatchObject({
      version: "3.7.1",
      storageVersion: "3.7.0",
      leader: member.member.id,
      raftTerm: 2,
      raftIndex: 24,
      raftAppliedIndex: 24,
      isLearner: false,
      dbSizeQuota: 2_147_483_648,
      errors: [],
      downgradeInfo: { enabled: false },
      header: { revision: 21, memberId: member.member.id },
    });
    expect(status.dbSize).toBeGreaterThanOrEqual(status.dbSizeInUse);
  });

  test("MemberList has the member as published, and no revision in its header", async () => {
    const list = await member.call(
      "etcdserverpb.Cluster/MemberList",
      MemberListRequest,
      MemberListResponse,
      {
        linearizable: true,
      },
    );
    expect(list.header?.revision).toBe(0);
    expect(list.members).toEqual([
      {
        id: member.member.id,
        name: "default",
        peerUrls: ["http://localhost:2380"],
        clientUrls: ["http://10.0.0.1:2379"],
        isLearner: false,
      },
    ]);
  });

  test("ids are those that etcd gives a member and cluster with these options", () => {
    expect(member.member.id.toString(16)).toBe("8e9e05c52164694d");
    expect(member.member.clusterId.toString(16)).toBe("cdf818194e3a8c32");
  });

  test("HashKV is the same for the same history, Hash for the same database", async () => {
    const hashKv = () =>
      member.call(`${MAINTENANCE}/HashKV`, HashKVRequest, HashKVResponse, { revision: 10 });
    const first = await hashKv();
    expect(first).toMatchObject({ hashRevision: 10, compactRevision: -1 });
    await member.put("later", "1");
    expect((await hashKv()).hash).toBe(first.hash);
    const hash = () => member.call(`${MAINTENANCE}/Hash`, HashRequest, HashResponse, {});
    expect((await hash()).hash).toBe((await hash()).hash);
    const future = member.call(`${MAINTENANCE}/HashKV`, HashKVRequest, HashKVResponse, {
      revision: 999,
    });
    expect((await failure(future)).message).toBe(
      "etcdserver: mvcc: required revision is a future revision",
    );
  });

  test("Snapshot is the database in pieces of 32 KiB and then its SHA-256", async () => {
    const stream = member.stream(`${MAINTENANCE}/Snapshot`, SnapshotResponse);
    stream.send(new Uint8Array(0));
    stream.halfClose();
    const blobs: Uint8Array[] = [];
    let response = await stream.next();
    const total = response.remainingBytes + response.blob.length;
    for (; response.remainingBytes > 0; response = await stream.next()) {
      expect(response.blob.length).toBe(32 * 1024);
      blobs.push(response.blob);
    }
    blobs.push(response.blob);
    const sum = (await stream.next()).blob;
    const database = Buffer.concat(blobs);
    expect(database).toHaveLength(total);
    expect(Buffer.from(sum)).toEqual(createHash("sha256").update(database).digest());
    expect(response.version).toBe("3.7.0");
    expect((await stream.ended).code).toBe(Status.OK);
  });

  test("Defragment answers nothing, and the data stays", async () => {
    const reply = await member.transport.unary(
      `/${MAINTENANCE}/Defragment`,
      DefragmentRequest.encode({}),
    );
    expect(DefragmentResponse.decode(reply).header).toBeUndefined();
    expect((await member.range("key-3")).count).toBe(1);
  });

  test("alarms are raised, listed, shown by Status, and ended", async () => {
    const alarm = (action: number, type: number = AlarmType.CORRUPT) =>
      member.call(`${MAINTENANCE}/Alarm`, AlarmRequest, AlarmResponse, {
        action,
        alarm: type,
        memberId: member.member.id,
      });
    const raised = [{ memberId: member.member.id, alarm: AlarmType.CORRUPT }];
    expect((await alarm(AlarmAction.ACTIVATE)).alarms).toEqual(raised);
    expect((await alarm(AlarmAction.GET, AlarmType.NONE)).alarms).toEqual(raised);
    expect(await failure(member.put("a", "1"))).toEqual({
      code: Status.DATA_LOSS,
      message: "etcdserver: corrupt cluster",
    });
    const status = await member.call(`${MAINTENANCE}/Status`, StatusRequest, StatusResponse, {});
    expect(status.errors).toEqual([`memberID:${member.member.id} alarm:CORRUPT`]);
    expect((await alarm(AlarmAction.DEACTIVATE)).alarms).toEqual(raised);
    expect((await alarm(AlarmAction.DEACTIVATE)).alarms).toEqual([]);
    await member.put("a", "1");
  });

  test("while NOSPACE is raised neither keys nor leases are added, whatever room there is", async () => {
    const alarm = (action: number) =>
      member.call(`${MAINTENANCE}/Alarm`, AlarmRequest, AlarmResponse, {
        action,
        alarm: AlarmType.NOSPACE,
        memberId: member.member.id,
      });
    await alarm(AlarmAction.ACTIVATE);
    const full = {
      code: Status.RESOURCE_EXHAUSTED,
      message: "etcdserver: mvcc: database space exceeded",
    };
    expect(await failure(member.put("a", "1"))).toEqual(full);
    expect(await failure(member.grant(100))).toEqual(full);
    const success = [{ requestPut: { key: bytes("a") } }];
    expect(await failure(member.txn({ success }))).toEqual(full);
    await member.txn({ success: [{ requestDeleteRange: { key: bytes("a") } }] });
    await alarm(AlarmAction.DEACTIVATE);
    await member.grant(100);
  });

  test("what a member alone cannot do is refused as etcd refuses it", async () => {
    const move = (targetId: bigint) =>
      member.call(`${MAINTENANCE}/MoveLeader`, MoveLeaderRequest, MoveLeaderResponse, { targetId });
    expect(await failure(move(5n))).toEqual({
      code: Status.FAILED_PRECONDITION,
      message: "etcdserver: bad leader transferee",
    });
    await move(member.member.id);
    const promote = (id: bigint) =>
      member.call(
        "etcdserverpb.Cluster/MemberPromote",
        MemberPromoteRequest,
        MemberPromoteResponse,
        { id },
      );
    expect((await failure(promote(5n))).message).toBe("etcdserver: member not found");
    expect((await failure(promote(member.member.id))).message).toBe(
      "etcdserver: can only promote a learner member",
    );
    const auth = await member.call(
      "etcdserverpb.Auth/AuthStatus",
      AuthStatusRequest,
      AuthStatusResponse,
      {},
    );
    expect(auth).toMatchObject({ enabled: false, authRevision: 1 });
  });

  test("changes of members that do not exist, and URLs that are none, are refused as in etcd", async () => {
    const cluster = "etcdserverpb.Cluster";
    const id = 5n;
    const remove = member.call(
      `${cluster}/MemberRemove`,
      MemberRemoveRequest,
      MemberRemoveResponse,
      { id },
    );
    expect((await failure(remove)).message).toBe("etcdserver: member not found");
    const update = member.call(
      `${cluster}/MemberUpdate`,
      MemberUpdateRequest,
      MemberUpdateResponse,
      { id },
    );
    expect((await failure(update)).message).toBe("etcdserver: member not found");
    const add = (...peerUrls: string[]) =>
      failure(
        member.call(`${cluster}/MemberAdd`, MemberAddRequest, MemberAddResponse, { peerUrls }),
      );
    for (const urls of [[], [""], ["h:1"], ["http://h"], ["http://h:1/"], ["ftp://h:1"]]) {
      expect((await add(...urls)).message).toBe("etcdserver: given member URLs are invalid");
    }
  });

  test("Downgrade validates as etcd does, and a cancel changes nothing", async () => {
    const downgrade = (action: number, version = "") =>
      member.call(`${MAINTENANCE}/Downgrade`, DowngradeRequest, DowngradeResponse, {
        action,
        version,
      });
    expect((await downgrade(DowngradeAction.VALIDATE, "3.6")).version).toBe("3.7");
    expect((await downgrade(DowngradeAction.VALIDATE, "3.6.1-rc.1")).version).toBe("3.7");
    for (const version of ["", "3", "a.b", "-1.2", "3.6-rc.1"]) {
      expect((await failure(downgrade(DowngradeAction.VALIDATE, version))).message).toBe(
        "etcdserver: wrong downgrade target version format",
      );
    }
    for (const version of ["3.7", "3.5.0", "9.6"]) {
      expect((await failure(downgrade(DowngradeAction.VALIDATE, version))).message).toBe(
        "etcdserver: invalid downgrade target version",
      );
    }
    expect((await downgrade(DowngradeAction.CANCEL)).version).toBe("3.7");
    expect((await downgrade(DowngradeAction.ENABLE, "3.6")).version).toBe("3.7");
    expect((await failure(downgrade(DowngradeAction.ENABLE, "3.6"))).message).toBe(
      "etcdserver: cluster has a downgrade job in progress",
    );
    expect((await downgrade(DowngradeAction.CANCEL)).version).toBe("3.7");
    expect((await failure(downgrade(9))).message).toBe("etcdserver: unknown method");
  });

  test("grpc.health.v1 serves the empty service name alone", async () => {
    const check = (service: string) =>
      member.call("grpc.health.v1.Health/Check", HealthCheckRequest, HealthCheckResponse, {
        service,
      });
    expect((await check("")).status).toBe(ServingStatus.SERVING);
    expect(await failure(check("etcd"))).toEqual({
      code: Status.NOT_FOUND,
      message: "unknown service",
    });
  });
});

describe("quota", () => {
  test("a full database raises NOSPACE: reads and deletes go on, until the alarm is ended", async () => {
    const member = await startTestMember({ quotaBackendBytes: 200_000 });
    const noSpace = {
      code: Status.RESOURCE_EXHAUSTED,
      message: "etcdserver: mvcc: database space exceeded",
    };
    await member.put("first", "1");
    let refused = { code: 0, message: "" };
    // The file grows with the next commit of the database.
    for (let i = 0; i < 10_000 && refused.code === 0; i++) {
      try {
        await member.put(`key-${i}`, "x".repeat(10_000));
      } catch (error) {
        refused = await failure(Promise.reject(error as Error));
      }
    }
    expect(refused).toEqual(noSpace);
    expect(await failure(member.put("tiny", "1"))).toEqual(noSpace);
    expect(await failure(member.grant(10))).toEqual(noSpace);
    const put = { requestPut: { key: Buffer.from("a") } };
    expect(await failure(member.txn({ success: [put] }))).toEqual(noSpace);
    expect((await member.range("first")).count).toBe(1);
    expect((await member.delete("first")).deleted).toBe(1);
    const alarm = (action: number) =>
      member.call(`${MAINTENANCE}/Alarm`, AlarmRequest, AlarmResponse, {
        action,
        alarm: AlarmType.NOSPACE,
        memberId: member.member.id,
      });
    expect((await alarm(AlarmAction.GET)).alarms).toHaveLength(1);
    await alarm(AlarmAction.DEACTIVATE);
    expect((await alarm(AlarmAction.GET)).alarms).toEqual([]);
    await dispose(member);
  });
});
