import { createHash } from "node:crypto";
import { connect } from "node:net";
import type { CallStatus, ClientStream } from "@nodetcd/grpc";
import { METHODS, SnapshotResponse } from "@nodetcd/messages";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { GatewayStream } from "../src/http/gateway-stream.ts";
import { exchange, JsonLines } from "./support/http-client.ts";
import { bytes, dispose, startTestMember, type TestMember } from "./support/member.ts";

const FREE_PORT = "http://127.0.0.1:0";
const base64 = (text: string): string => Buffer.from(text).toString("base64");

let member: TestMember;
let url = "";
beforeAll(async () => {
  member = await startTestMember({
    listenClientUrls: [FREE_PORT],
    listenPeerUrls: [FREE_PORT],
    bcryptCost: 4,
  });
  url = member.member.clientUrls[0] ?? "";
});
afterAll(() => dispose(member));

const post = async (path: string, body: unknown = {}, headers = {}): Promise<unknown[]> => {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const reply = await exchange(url, { path: `/v3/${path}`, body: text, headers });
  return [reply.status, reply.body];
};
const open = (path: string, body: unknown, headers = {}): Promise<JsonLines> =>
  JsonLines.open(url, { path: `/v3/${path}`, body: JSON.stringify(body), headers });
const result = (fields: object): unknown => ({ result: expect.objectContaining(fields) });

describe("a stream", () => {
  test("of a watch: created, then each change as a line", async () => {
    const watch = await open("watch", { create_request: { key: base64("<w>"), prev_kv: true } });
    expect(watch.message.headers).toMatchObject({
      "content-type": "application/json",
      "transfer-encoding": "chunked",
      "grpc-metadata-content-type": "application/grpc",
    });
    expect(await watch.next()).toEqual(result({ created: true }));
    await member.put("<w>", "1");
    await member.delete("<w>");
    const kv = expect.objectContaining({ key: base64("<w>"), value: base64("1") });
    expect(await watch.next()).toEqual(result({ events: [{ kv }] }));
    const deleted = { type: "DELETE", kv: expect.anything(), prev_kv: kv };
    expect(await watch.next()).toEqual(result({ events: [deleted] }));
    watch.close();
  });

  test("takes several messages, and what is refused in them", async () => {
    const create = { create_request: { key: base64("a") } };
    const again = { create_request: { key: base64("a"), range_end: base64("a") } };
    const body = `${JSON.stringify(create)}${JSON.stringify(again)}\n{"cancel_request":{}}`;
    const watch = await JsonLines.open(url, { path: "/v3/watch", body });
    expect(await watch.next()).toEqual(result({ created: true }));
    const reason = "mvcc: watcher range is empty";
    expect(await watch.next()).toEqual(
      result({ watch_id: "-1", canceled: true, cancel_reason: reason }),
    );
    expect(await watch.next()).toEqual(result({ canceled: true }));
    watch.close();
  });

  test("of renewals ends with the request; a lease that is gone has no TTL", async () => {
    await post("lease/grant", { TTL: 60, ID: 777 });
    const lines = await open("lease/keepalive", { ID: 777 });
    expect(await lines.next()).toEqual(result({ ID: "777", TTL: "60" }));
    expect(await lines.next()).toBeUndefined();
    const [status, body] = await post("lease/keepalive", '{"ID":"778"} ');
    expect([status, body]).toEqual([200, expect.stringMatching(/"ID":"778"\}\}\n$/)]);
    expect(await post("lease/keepalive", "")).toEqual([200, ""]);
  });

  test("of a snapshot is the database with its digest", async () => {
    const lines = await open("maintenance/snapshot", {});
    const blobs: Buffer[] = [];
    for (let line = await lines.next(); line !== undefined; line = await lines.next()) {
      const { blob } = (line as { result: { blob: string } }).result;
      blobs.push(Buffer.from(blob, "base64"));
    }
    const digest = blobs.pop();
    const whole = Buffer.concat(blobs);
    expect(whole.length % 4096).toBe(0);
    expect(createHash("sha256").update(whole).digest().equals(digest!)).toBe(true);
  });

  test("of an election tells of each proclamation", async () => {
    await post("lease/grant", { TTL: 600, ID: 31 });
    const name = base64("el");
    const won = await post("election/campaign", { name, lease: 31, value: base64("1") });
    const { leader } = JSON.parse(String(won[1])) as { leader: object };
    const observer = await open("election/observe", { name });
    const value = (text: string): unknown =>
      result({ kv: expect.objectContaining({ value: base64(text) }) });
    expect(await observer.next()).toEqual(value("1"));
    await post("election/proclaim", { leader, value: base64("2") });
    expect(await observer.next()).toEqual(value("2"));
    observer.close();
  });

  test("with a bad message is refused before it has answered, and ended after", async () => {
    const text = "invalid character 'g' looking for beginning of value";
    expect(await post("watch", "garbage")).toEqual([
      400,
      `{"error":{"code":3,"message":"${text}"}}\n`,
    ]);
    expect((await post("watch", ""))[0]).toBe(400);
    expect(await post("maintenance/snapshot", "g")).toEqual([
      400,
      `{"code":3,"message":"${text}"}`,
    ]);
    const body = `${JSON.stringify({ create_request: { key: base64("a") } })}garbage`;
    const [, lines] = await post("watch", body);
    expect(lines).toMatch(/^(\{"result":.*\}\n)?\{"error":\{"code":3,.*\}\}\n$/);
  });

  test("ends with an error at its deadline", async () => {
    const create = { create_request: { key: base64("a") } };
    const watch = await open("watch", create, { "Grpc-Timeout": "300m" });
    expect(await watch.next()).toEqual(result({ created: true }));
    const late = { code: 4, message: "context deadline exceeded" };
    expect(await watch.next()).toEqual({ error: late });
    expect(await watch.next()).toBeUndefined();
  });
});

test("messages that are ready together are a chunk each", async () => {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  const body = '{"ID":1}{"ID":2}{"ID":3}';
  socket.write(
    `POST /v3/lease/keepalive HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  let answer = "";
  for await (const piece of socket) answer += String(piece);
  const [, sent = ""] = answer.split("\r\n\r\n", 2);
  const chunk = /[0-9a-f]+\r\n\{"result":\{.*?"ID":"(\d)"\}\}\n\r\n/g;
  expect([...sent.matchAll(chunk)].map(([, id]) => id)).toEqual(["1", "2", "3"]);
  expect(sent.replace(chunk, "")).toBe("0");
});

test("a client that goes away cancels its call: a waiting lock leaves no key", async () => {
  for (const ID of [51, 52]) await post("lease/grant", { TTL: 600, ID });
  const name = base64("lock");
  await post("lock/lock", { name, lease: 51 });
  const keys = async (): Promise<number> => {
    const { count } = await member.range("lock/", { rangeEnd: bytes("lock0") });
    return count;
  };
  const until = async (wanted: number): Promise<void> => {
    for (let i = 0; i < 500 && (await keys()) !== wanted; i++)
      await new Promise((r) => setTimeout(r, 10));
    expect(await keys()).toBe(wanted);
  };
  const leaving = new AbortController();
  const body = JSON.stringify({ name, lease: 52 });
  const waiting = fetch(`${url}/v3/lock/lock`, { method: "POST", body, signal: leaving.signal });
  const gone = expect(waiting).rejects.toThrow();
  await until(2);
  leaving.abort();
  await gone;
  await until(1);
});

/** A call whose messages are put by hand. */
class FakeStream implements ClientStream {
  onMessage: (message: Uint8Array) => void = () => undefined;
  onDrain: () => void = () => undefined;
  onEnd: (status: CallStatus) => void = () => undefined;
  paused = 0;
  send(): boolean {
    return true;
  }
  halfClose(): void {}
  cancel(): void {}
  pause(): void {
    this.paused++;
  }
  resume(): void {
    this.paused--;
  }
}

test("a slow reader holds the call back at 64 KiB, and goes on where it was", async () => {
  const call = new FakeStream();
  const stream = new GatewayStream(METHODS.Maintenance.Snapshot, call);
  const message = SnapshotResponse.encode({ blob: new Uint8Array(30_000) });
  call.onMessage(message);
  expect(call.paused).toBe(0);
  call.onMessage(message);
  expect(call.paused).toBe(1);
  const { pieces } = await stream.answer();
  const reader = pieces[Symbol.asyncIterator]();
  await reader.next();
  expect(call.paused).toBe(0);
  await reader.next();
  call.onEnd({ code: 14, message: "gone", trailers: new Map() });
  expect((await reader.next()).value).toBe('{"error":{"code":14,"message":"gone"}}\n');
  expect((await reader.next()).done).toBe(true);
});

test("a client that does not read a watch is told everything later, in order", async () => {
  const watch = await open("watch", { create_request: { key: base64("big") } });
  const value = "x".repeat(60_000);
  for (let i = 0; i < 200; i++) await member.put("big", `${i} ${value}`);
  await watch.next();
  let seen = 0;
  while (seen < 200) {
    const line = (await watch.next()) as { result: { events: { kv: { value: string } }[] } };
    for (const { kv } of line.result.events) {
      expect(Buffer.from(kv.value, "base64").toString("latin1", 0, 4)).toMatch(
        new RegExp(`^${seen} `),
      );
      seen++;
    }
  }
  watch.close();
  expect(seen).toBe(200);
});

test("users: a token in Authorization or as metadata; refusals with their status", async () => {
  await post("auth/user/add", { name: "root", password: "r" });
  await post("auth/role/add", { name: "root" });
  await post("auth/user/grant", { user: "root", role: "root" });
  expect((await post("auth/enable"))[0]).toBe(200);
  const get = (headers = {}): Promise<unknown[]> => post("kv/range", { key: base64("a") }, headers);
  const empty = "etcdserver: user name is empty";
  expect(await get()).toEqual([400, `{"code":3,"message":"${empty}"}`]);
  const [, body] = await post("auth/authenticate", { name: "root", password: "r" });
  const { token } = JSON.parse(String(body)) as { token: string };
  for (const headers of [
    { Authorization: token },
    { Authorization: `Bearer ${token}` },
    { "Grpc-Metadata-Token": token },
  ]) {
    expect((await get(headers))[0]).toBe(200);
  }
  expect((await get({ Token: token }))[0]).toBe(400);
  const bad = { path: "/v3/kv/range", headers: { Authorization: `bearer ${token}` } };
  const refused = await exchange(url, { ...bad, body: '{"key":"YQ=="}' });
  expect([refused.status, refused.headers["www-authenticate"]]).toEqual([
    401,
    "etcdserver: invalid auth token",
  ]);
  const watch = await open("watch", { create_request: { key: base64("a") } });
  expect(await watch.next()).toEqual(result({ canceled: true }));
  watch.close();
  expect(await post("maintenance/snapshot")).toEqual([
    400,
    `{"error":{"code":3,"message":"${empty}"}}\n`,
  ]);
  expect((await post("auth/disable", {}, { Authorization: token }))[0]).toBe(200);
});

test("a member that stops ends its streams with a word", async () => {
  const other = await startTestMember({ listenClientUrls: [FREE_PORT] });
  const base = other.member.clientUrls[0] ?? "";
  const body = '{"create_request":{"key":"YQ=="}}';
  const watch = await JsonLines.open(base, { path: "/v3/watch", body });
  expect(await watch.next()).toEqual(result({ created: true }));
  await dispose(other);
  const stopped = { code: 14, message: "etcdserver: server stopped" };
  expect(await watch.next()).toEqual({ error: stopped });
});
