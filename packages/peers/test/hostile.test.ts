import { createServer, type Server, type Socket } from "node:net";
import { EntryType, MessageType, RaftMessage } from "@nodetcd/messages";
import { LOCAL_APPEND_THREAD } from "@nodetcd/raft";
import { afterEach, expect, test, vi } from "vitest";
import { FrameWriter } from "../src/codec/frame-writer.ts";
import { impossible } from "../src/inbound.ts";
import { until } from "./support/real-etcd.ts";
import { startGroup } from "./support/stub-group.ts";

// Real sockets on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

const closers: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const entry = (term: number, index: number) => ({
  type: EntryType.EntryNormal,
  term,
  index,
  data: new Uint8Array(1),
});
const of = (more: Partial<RaftMessage>): RaftMessage => ({
  ...RaftMessage.create(),
  from: 2n,
  to: 1n,
  term: 5,
  ...more,
});
const append = (more: Partial<RaftMessage>): RaftMessage =>
  of({ type: MessageType.MsgApp, index: 3, logTerm: 4, ...more });

test("impossible: what raft must not hear of, and what it must", () => {
  const sound = [
    append({}),
    append({ entries: [entry(4, 4), entry(5, 5)] }),
    of({ type: MessageType.MsgProp, term: 0, entries: [entry(0, 0)] }),
    of({ type: MessageType.MsgHeartbeat, commit: 9 }),
    of({
      type: MessageType.MsgSnap,
      snapshot: { data: new Uint8Array(0), metadata: { index: 1, term: 1, confState: undefined } },
    }),
  ];
  for (const message of sound) expect(impossible(message)).toBeUndefined();
  const bad = [
    append({ entries: [entry(4, 5)] }),
    append({ entries: [entry(4, 4), entry(4, 6)] }),
    append({ entries: [entry(3, 4)] }),
    append({ entries: [entry(6, 4)] }),
    append({ index: -1 }),
    append({ from: 0n }),
    of({ type: MessageType.MsgHup }),
    of({ type: MessageType.MsgUnreachable }),
    of({ type: MessageType.MsgForgetLeader }),
    of({ type: MessageType.MsgStorageAppendResp, from: LOCAL_APPEND_THREAD }),
    of({ type: MessageType.MsgAppResp, from: LOCAL_APPEND_THREAD }),
    of({ type: MessageType.MsgAppResp, responses: [of({})] }),
    of({ type: MessageType.MsgSnap }),
  ];
  for (const message of bad) expect(impossible(message), `${message.type}`).toBeDefined();
});

function frames(...messages: RaftMessage[]): Buffer {
  const writer = new FrameWriter();
  for (const message of messages) writer.sized(RaftMessage, message);
  return Buffer.from(writer.finish());
}

const HEAD = "HTTP/1.1 200 OK\r\nX-Server-Version: 3.7.1\r\nTransfer-Encoding: chunked\r\n\r\n";
const chunk = (hex: string): Buffer => {
  const content = Buffer.from(hex, "hex");
  return Buffer.concat([
    Buffer.from(`${content.length.toString(16)}\r\n`),
    content,
    Buffer.from("\r\n"),
  ]);
};

/** What a hostile peer answers to a stream, and after what the connection must be gone. */
const answers: [string, Buffer][] = [
  ["no HTTP", Buffer.from("SSH-2.0-OpenSSH\r\n\r\n")],
  ["a head without end", Buffer.from(`HTTP/1.1 200 OK\r\nA: ${"x".repeat(40_000)}`)],
  ["a refusal without end", Buffer.from(`HTTP/1.1 500 X\r\n\r\n${"x".repeat(100_000)}`)],
  ["noise", Buffer.concat([Buffer.from(HEAD), chunk("ffffffffffffffffff")])],
  ["a frame of an exabyte", Buffer.concat([Buffer.from(HEAD), chunk("0fffffffffffffff")])],
  [
    "a message of raft's own",
    Buffer.concat([
      Buffer.from(HEAD),
      frames(of({ type: MessageType.MsgStorageAppendResp, from: LOCAL_APPEND_THREAD })),
    ]),
  ],
  [
    "a gap in the log",
    Buffer.concat([Buffer.from(HEAD), frames(append({ entries: [entry(5, 9)] }))]),
  ],
  [
    "a message for somebody else",
    Buffer.concat([Buffer.from(HEAD), frames(of({ to: 77n, type: MessageType.MsgHeartbeat }))]),
  ],
  ["a version that is none", Buffer.from(HEAD.replace("3.7.1", "new"))],
];

async function hostilePeer(
  answer: Buffer,
): Promise<{ port: number; dials: () => number; closed: () => number }> {
  let dials = 0;
  let closed = 0;
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => sockets.delete(socket));
    socket.on("data", (request: Buffer) => {
      if (!request.toString("latin1").startsWith("GET /raft/stream/message/")) return;
      dials++;
      socket.on("close", () => closed++);
      socket.write(answer);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closers.push(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    dials: () => dials,
    closed: () => closed,
  };
}

test("StreamReader: a hostile peer's stream is closed and dialled again; raft hears nothing, others go on", async () => {
  const group = await startGroup(2);
  closers.push(() => group.close());
  const [one, two] = group.members;
  const hostile = await Promise.all(
    answers.map(async ([what, answer]) => [what, await hostilePeer(answer)] as const),
  );
  hostile.forEach(([, { port }], i) =>
    one!.transport.addPeer(BigInt(100 + i), [`http://127.0.0.1:${port}`]),
  );
  await until(
    () => hostile.every(([, peer]) => peer.dials() >= 3 && peer.closed() >= 2),
    () =>
      `all are dialled again: ${hostile.map(([what, peer]) => `${what} ${peer.dials()} ${peer.closed()}`).join(", ")}`,
  );
  await until(() => group.leader() !== undefined, "a leader");
  group.leader()!.propose("still here");
  await until(
    () => one!.texts.includes("still here") && two!.texts.includes("still here"),
    "the others go on",
  );
  expect(one!.received.every(({ from }) => from === 2n)).toBe(true);
});
