import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fromJson, JsonError, type MessageCodec, METHOD_LIST, METHODS } from "@nodetcd/messages";
import { isAtLeast, peers, sayMissing } from "../../../tests/peers.ts";
import { type ServerProcess, startServer } from "../../../tests/processes.ts";
import { Connection, type Failure } from "../../../tests/rpc.ts";
import { chosenSeed, Seeded } from "../../../tests/seeded.ts";

const etcd = peers("etcd").find(({ version }) => isAtLeast(version, "3.7.0"));
if (etcd === undefined) {
  sayMissing("etcd 3.7 (set ETCD_BIN): table and JSON are not compared with a real server");
}

/** Bytes that are no message: a method that exists says so, and does nothing. */
const NO_MESSAGE = new Uint8Array([0xff]);
const UNIMPLEMENTED = 12;

describe.skipIf(etcd === undefined)("beside real etcd", () => {
  let server: ServerProcess;
  beforeAll(async () => {
    server = await startServer(etcd!);
  });
  afterAll(() => server.stop());

  const send = (connection: Connection, path: string): Promise<Failure> =>
    new Promise((resolve) => {
      const stream = connection.open(path, () => {}, resolve);
      stream.send(NO_MESSAGE);
      stream.end();
    });

  test("METHODS has each method that etcd counts, by its kind, and no other", async () => {
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    const counted =
      /^grpc_server_started_total\{grpc_method="(\w+)",grpc_service="([\w.]+)",grpc_type="(\w+)"/gm;
    const theirs = [...metrics.matchAll(counted)].map(
      ([, name, of, kind]) => `/${of}/${name} ${kind}`,
    );
    // Lock and Election are registered after etcd has made its counters.
    const ours = METHOD_LIST.filter((row) => !/^v3(lock|election)pb/.test(row.service));
    expect(ours.map((row) => `${row.path} ${row.kind}`).toSorted()).toEqual(theirs.toSorted());
  });

  test("METHODS: each path is served, and another is not", async () => {
    const connection = new Connection(server.url);
    try {
      for (const { path } of METHOD_LIST) {
        const { code, message } = await send(connection, path);
        expect([path, code === UNIMPLEMENTED ? message : "served"]).toEqual([path, "served"]);
      }
      expect((await send(connection, "/etcdserverpb.KV/Get")).code).toBe(UNIMPLEMENTED);
    } finally {
      connection.close();
    }
  });

  const post = (route: string, body: Uint8Array): Promise<Response> =>
    // The deadline is for streams, which do not answer a text that is no JSON.
    fetch(server.url + route, { method: "POST", body, headers: { "Grpc-Timeout": "300m" } });

  test("METHODS: each route leads somewhere, and a method without one has none", async () => {
    for (const { routes, path } of METHOD_LIST) {
      for (const route of routes) {
        const { status } = await post(route, Buffer.from("x"));
        expect([route, status === 404]).toEqual([route, false]);
      }
      if (routes.length > 0) continue;
      const [, name] = /\/(\w+)$/.exec(path)!;
      expect((await post(`/v3/kv/${name!.toLowerCase()}`, Buffer.from("x"))).status).toBe(404);
    }
  });

  test("fromJson takes and refuses 1,500 damaged texts as etcd does, with its words", async () => {
    const seed = chosenSeed();
    const random = new Seeded(seed);
    let refused = 0;
    for (let n = 0; n < 1500; n++) {
      const [route, codec, body] = damagedText(random);
      const { message = "" } = (await (await post(route, body)).json()) as { message?: string };
      // The build decides which blank follows the colon, so that nobody relies on the text.
      const said = message.replaceAll("\u00a0", " ");
      const theirs = said.startsWith("etcdserver:") ? "" : said;
      const ours = refusal(codec, body);
      if (ours !== "") refused++;
      if (hasJunkAfterNumber(ours)) continue;
      expect({ seed, body: body.toString(), said: ours }).toEqual({
        seed,
        body: body.toString(),
        said: theirs,
      });
    }
    expect(refused).toBeGreaterThan(500);
  });
});

function refusal(codec: MessageCodec<unknown>, body: Uint8Array): string {
  try {
    fromJson(codec, body);
    return "";
  } catch (error) {
    if (error instanceof JsonError) return error.message;
    throw error;
  }
}

/** etcd takes `"1]"` for the number 1: it looks only at the start of such a string. We refuse it. */
function hasJunkAfterNumber(error: string): boolean {
  return /invalid value for u?int64 field \w+: "-?\d[-+.\dEe]*[^-+.\w"]/.test(error);
}

const TEXTS: readonly (readonly [route: string, MessageCodec<unknown>, text: string])[] = [
  [
    "/v3/kv/range",
    METHODS.KV.Range.request,
    '{"key":"Zm9v","range_end":"Zm9w","limit":"10","sortOrder":"ASCEND","sort_target":1,"keysOnly":true,"revision":null}',
  ],
  [
    "/v3/kv/txn",
    METHODS.KV.Txn.request,
    '{"compare":[{"key":"Zm9v","result":"EQUAL","target":"VERSION","version":"0"}],"success":[{"requestRange":{"key":"Zm9v","limit":1.5e1}}],"failure":[{"request_txn":{"compare":[],"x":[{"y":null}]}}]}',
  ],
  ["/v3/lease/timetolive", METHODS.Lease.LeaseTimeToLive.request, ' {"ID":"77","keys":false}'],
  ["/v3/cluster/member/remove", METHODS.Cluster.MemberRemove.request, '{"ID":1}'],
  [
    "/v3/cluster/member/update",
    METHODS.Cluster.MemberUpdate.request,
    '{"ID":"0","peerURLs":["bad"]}',
  ],
];

const PIECES =
  '" { } [ ] , : null true 1 - 0 e1 .5 0.0 -0 1e3 18446744073709551615 \\u \\n \\ud83d \\ude00 é \xff Zg== Zg = _ +'
    .split(" ")
    .concat(" ", "\n");

function damagedText(random: Seeded): [string, MessageCodec<unknown>, Buffer] {
  const [route, codec, text] = TEXTS[random.below(TEXTS.length)]!;
  let damaged = text;
  for (let times = random.below(4); times >= 0; times--) {
    const at = random.below(damaged.length + 1);
    const cut = random.below(3) === 0 ? random.below(5) : random.below(2);
    const piece = random.below(4) === 0 ? "" : PIECES[random.below(PIECES.length)]!;
    damaged = damaged.slice(0, at) + piece + damaged.slice(at + cut);
  }
  // With half a surrogate pair and bytes beyond ASCII in one string it is a matter of taste what is
  // said first, and Go shows the bytes in its own way.
  if (damaged.includes("\\ud")) damaged = damaged.replace(/[^ -~\n]/g, "");
  return [route, codec, Buffer.from(damaged, random.below(2) === 0 ? "latin1" : "utf8")];
}
