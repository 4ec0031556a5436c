import {
  type ConfState,
  InternalRaftRequest,
  PutRequest,
  PutResponse,
  ResponseHeader,
} from "@nodetcd/messages";
import { Slab, WireWriter } from "@nodetcd/bytes";
import { VirtualClock } from "@nodetcd/simulator";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { confStateJson } from "../src/state/applied-index.ts";
import { memberJson, MembershipError, parseMemberJson } from "@nodetcd/membership";
import { ANYBODY, callerOf } from "../src/wire/caller.ts";
import { decodePutEntry, encodeEntry, RequestField } from "../src/wire/entry-codec.ts";
import { RequestIds } from "../src/wire/request-id.ts";
import { ResponseHeaders } from "../src/wire/response-header.ts";

const uint64 = fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn });

const NOTHING = { start: 0, end: 0, idHigh: 0, idLow: 0, callerStart: 0, callerEnd: 0 };

describe("encodeEntry(), decodePutEntry()", () => {
  const ids = (memberId: bigint, time: number) => new RequestIds(memberId, new VirtualClock(time));

  test("write what the general codec writes, and find in it what it finds", () => {
    const slab = new Slab();
    fc.assert(
      fc.property(
        uint64,
        fc.nat(2 ** 31),
        fc.uint8Array({ minLength: 1, maxLength: 300 }),
        fc.uint8Array({ maxLength: 20_000 }),
        (memberId, time, key, value) => {
          const requestIds = ids(memberId, time * 1_000);
          const suffix = requestIds.next();
          const put = { key, value };
          const entry = encodeEntry(
            slab,
            RequestField.put,
            PutRequest.encode(put),
            requestIds,
            suffix,
            ANYBODY,
          );
          const header = { id: requestIds.full(suffix) };
          expect(Buffer.from(entry).equals(InternalRaftRequest.encode({ put, header }))).toBe(true);
          const by = callerOf("ann", 7);
          const bytes = PutRequest.encode(put);
          const ofUser = encodeEntry(slab, RequestField.put, bytes, requestIds, suffix, by);
          expect(InternalRaftRequest.decode(ofUser).header).toEqual({
            ...header,
            username: "ann",
            authRevision: 7,
          });

          for (const [each, fields] of [
            [entry, ANYBODY.fields],
            [ofUser, by.fields],
          ] as const) {
            const found = { ...NOTHING };
            expect(decodePutEntry(each, found)).toBe(true);
            expect(PutRequest.decode(each.subarray(found.start, found.end)).value).toHaveLength(
              value.length,
            );
            expect(requestIds.suffixOf(found.idHigh, found.idLow)).toBe(suffix);
            expect(Buffer.from(each.subarray(found.callerStart, found.callerEnd))).toEqual(
              Buffer.from(fields),
            );
          }
        },
      ),
    );
  });

  test("RequestIds are found again, whatever the clock says", () => {
    for (const year of ["1931-05-01", "1970-01-01", "1999-12-31", "2300-01-01"]) {
      const requestIds = ids(0x1234_5678n, Date.parse(year));
      const suffix = requestIds.next();
      const id = requestIds.full(suffix);
      expect(id).toBe(BigInt.asUintN(64, id));
      expect(requestIds.suffixOf(Number(id >> 32n), Number(id & 0xffff_ffffn))).toBe(suffix);
    }
  });

  test("leave every other entry to the general codec", () => {
    const found = { ...NOTHING };
    const others = [
      { put: { key: Buffer.from("a") } },
      { put: { key: Buffer.from("a") }, header: { username: "root" } },
      { deleteRange: { key: Buffer.from("a") }, header: { id: 5n } },
      { id: 7n, put: { key: Buffer.from("a") } },
    ];
    for (const other of others) {
      expect(decodePutEntry(InternalRaftRequest.encode(other), found)).toBe(false);
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (noise) => {
        decodePutEntry(noise, found);
      }),
    );
  });

  test("ids of one member do not repeat over restarts, and other members' are told apart", () => {
    const first = ids(0x1234n, 1_000_000);
    const seen = Array.from({ length: 300 }, () => first.full(first.next()));
    expect(new Set(seen).size).toBe(300);
    const restarted = ids(0x1234n, 1_000_002);
    expect(restarted.full(restarted.next())).toBeGreaterThan(seen.at(-1)!);
    expect(first.suffixOf(0x1235 << 16, 5)).toBe(-1);
  });
});

test("ResponseHeaders writes the header that the general codec writes", () => {
  fc.assert(
    fc.property(
      uint64,
      uint64,
      fc.maxSafeNat(),
      fc.nat(),
      (clusterId, memberId, revision, raftTerm) => {
        const headers = new ResponseHeaders(clusterId, memberId);
        headers.setTerm(raftTerm);
        const header = { clusterId, memberId, revision, raftTerm };
        expect(Buffer.from(headers.reply(revision)).equals(PutResponse.encode({ header }))).toBe(
          true,
        );
        expect(headers.size(revision)).toBe(ResponseHeader.encode(header).length + 2);
        const rest = new WireWriter();
        headers.write(rest, revision);
        expect(Buffer.from(rest.finish()).equals(headers.reply(revision))).toBe(true);
        rest.raw(Uint8Array.of(0x12, 0x00));
        expect(PutResponse.decode(headers.replyWith(revision, rest)).prevKv).toBeDefined();
        expect(rest.length).toBe(0);
      },
    ),
  );
});

describe("JSON as etcd writes it", () => {
  test("a member: 64-bit ids as numbers, empty parts left out, Go's escapes", () => {
    const member = {
      id: 10_276_657_743_932_975_437n,
      name: "a<b>&c",
      peerUrls: ["http://localhost:2380"],
      clientUrls: [],
      isLearner: false,
    };
    expect(memberJson(member)).toBe(
      '{"id":10276657743932975437,"peerURLs":["http://localhost:2380"],"name":"a\\u003cb\\u003e\\u0026c"}',
    );
    const learner = { ...member, isLearner: true, clientUrls: ["http://c:1", "http://c:2"] };
    expect(parseMemberJson(memberJson(learner))).toEqual(learner);
    expect(() => parseMemberJson("{}")).toThrow(MembershipError);
  });

  test("a configuration", () => {
    const conf: ConfState = {
      voters: [12_140_093_965_792_835_558n],
      learners: [],
      votersOutgoing: [],
      learnersNext: [],
      autoLeave: false,
    };
    expect(confStateJson(conf)).toBe('{"voters":[12140093965792835558],"auto_leave":false}');
    expect(confStateJson({ ...conf, learners: [1n, 2n] })).toContain('"learners":[1,2]');
  });
});
