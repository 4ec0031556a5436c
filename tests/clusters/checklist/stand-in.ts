/**
 * A member that is none: announced to a cluster as a learner, it speaks for itself in bytes that the test chooses, and
 * keeps what others ask of it.
 */
import {
  createServer,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from "node:http";
import { connect } from "node:net";
import { METHODS, MessageType, RaftMessage } from "@nodetcd/messages";
import { freePort } from "../../processes.ts";
import { patiently } from "../patience.ts";
import type { Seat } from "../process-cluster.ts";
import type { Stage } from "./stage.ts";

const { Cluster } = METHODS;
const ANSWER_MS = 4_000;

export interface Asked {
  readonly from: bigint;
  readonly method: string;
  readonly path: string;
  readonly body: Buffer;
}

export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

export type AskOptions = {
  readonly method?: string;
  /** Undefined takes a header away. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly body?: Uint8Array;
};

export const portOf = ({ peerUrl }: Seat): number => Number(new URL(peerUrl).port);
export const messageOf = (more: Partial<RaftMessage>): Buffer =>
  Buffer.from(RaftMessage.encode({ ...RaftMessage.create(), ...more }));
export const framed = (bytes: Uint8Array): Buffer => {
  const length = Buffer.alloc(8);
  length.writeBigUInt64BE(BigInt(bytes.length));
  return Buffer.concat([length, bytes]);
};

/** What a peer port answers; "closed" where the connection ends without an answer. */
export function askPeer(seat: Seat, path: string, options: AskOptions = {}): Promise<Answer> {
  const { method = "GET", headers = {}, body = new Uint8Array() } = options;
  const sent = Object.entries(headers).filter(
    (pair): pair is [string, string] => pair[1] !== undefined,
  );
  return new Promise((resolve) => {
    const closed = { status: 0, type: "", body: "closed" };
    const call = request(
      {
        host: "127.0.0.1",
        port: portOf(seat),
        path,
        method,
        agent: false,
        headers: { ...Object.fromEntries(sent), "Content-Length": body.length },
      },
      (answer) => {
        let text = "";
        const told = (): void =>
          resolve({
            status: answer.statusCode!,
            type: answer.headers["content-type"] ?? "",
            body: text,
          });
        answer.on("data", (chunk: Buffer) => (text += chunk.toString()));
        // The end of a refusal may be a cut.
        answer.on("close", told);
        answer.on("error", told);
      },
    );
    call.setTimeout(ANSWER_MS, () => call.destroy());
    call.on("error", () => resolve(closed));
    call.end(body);
  });
}

/** A stream that was asked for by hand: what came of it so far. */
export interface RawStream {
  readonly pieces: Buffer[];
  readonly text: () => string;
  /** "in order" or "cut". */
  readonly ended: Promise<string>;
  close(): void;
}

export class StandIn {
  id = 0n;
  clusterId = 0n;
  readonly url: string;
  readonly asked: Asked[] = [];
  /** Streams that others have opened here, by who asked and which. */
  readonly streams = new Map<string, ServerResponse>();
  /** What is said to what others ask; streams are granted where it is undefined. */
  answer: (asked: Asked) => number | undefined | Promise<number | undefined> = ({ method }) =>
    method === "POST" ? 204 : undefined;
  readonly #stage: Stage;
  readonly #server: Server;

  private constructor(stage: Stage, server: Server, url: string) {
    this.#stage = stage;
    this.#server = server;
    this.url = url;
  }

  static async announce(stage: Stage): Promise<StandIn> {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const server = createServer();
    const stranger = new StandIn(stage, server, url);
    const request = { peerUrls: [url], isLearner: true };
    const announced = patiently(async () =>
      stage.call(await stage.leader(), Cluster.MemberAdd, request),
    ).then(({ header, member }) => {
      stranger.id = member!.id;
      stranger.clusterId = header!.clusterId;
    });
    server.on(
      "request",
      (question, reply) => void announced.then(() => stranger.#serve(question, reply)),
    );
    await new Promise<void>((resolve) => void server.listen(port, "127.0.0.1", resolve));
    await announced;
    return stranger;
  }

  async leave(): Promise<void> {
    const { id } = this;
    await patiently(async () =>
      this.#stage.call(await this.#stage.leader(), Cluster.MemberRemove, { id }),
    );
    this.#server.close();
    this.#server.closeAllConnections();
  }

  get hex(): string {
    return this.id.toString(16);
  }

  headers(to: Seat): Record<string, string | undefined> {
    return {
      "X-Etcd-Cluster-Id": this.clusterId.toString(16),
      "X-Min-Cluster-Version": "3.0.0",
      "X-Peerurls": this.url,
      "X-Raft-To": to.id.toString(16),
      "X-Server-From": this.hex,
      "X-Server-Version": "3.7.1",
    };
  }

  post(
    to: Seat,
    path: string,
    body: Uint8Array,
    headers: AskOptions["headers"] = {},
  ): Promise<Answer> {
    return askPeer(to, path, {
      method: "POST",
      body,
      headers: { ...this.headers(to), ...headers },
    });
  }

  /** A message of its own to a member, by POST. */
  say(to: Seat, more: Partial<RaftMessage>): Promise<Answer> {
    return this.post(to, "/raft", messageOf({ from: this.id, to: to.id, ...more }));
  }

  /** That it has nothing yet, in answer to an append. */
  sayEmpty(to: Seat, { term, index }: RaftMessage): Promise<Answer> {
    return this.say(to, { type: MessageType.MsgAppResp, term, index, reject: true, rejectHint: 0 });
  }

  #newest(wanted: MessageType): RaftMessage | undefined {
    return this.posted().findLast(({ type }) => type === wanted);
  }

  async answerHeartbeat(to: Seat): Promise<void> {
    const heartbeat = this.#newest(MessageType.MsgHeartbeat);
    if (heartbeat === undefined) return;
    await this.say(to, { type: MessageType.MsgHeartbeatResp, term: heartbeat.term });
  }

  /** Answers the newest append as one who has nothing. */
  async answerAppend(to: Seat): Promise<void> {
    const append = this.#newest(MessageType.MsgApp);
    if (append !== undefined) await this.sayEmpty(to, append);
  }

  /** Messages that others have posted here. */
  posted(): RaftMessage[] {
    return this.asked
      .filter(({ path }) => path === "/raft")
      .map(({ body }) => RaftMessage.decode(body));
  }

  /** Opens a stream at a member's port. */
  open(to: Seat, kind: string, headers: AskOptions["headers"] = {}): RawStream {
    const socket = connect(portOf(to), "127.0.0.1");
    const fields = Object.entries({ Host: "127.0.0.1", ...this.headers(to), ...headers });
    const lines = fields.filter(([, value]) => value !== undefined).map((pair) => pair.join(": "));
    socket.write(`GET /raft/stream/${kind}/${this.hex} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`);
    const pieces: Buffer[] = [];
    const text = (): string => Buffer.concat(pieces).toString("latin1");
    socket.on("error", () => undefined);
    // The connection itself may stay for another question.
    const ended = new Promise<string>((resolve) => {
      const look = (): void => {
        if (text().endsWith("\r\n0\r\n\r\n")) resolve("in order");
      };
      socket.on("data", (piece) => {
        pieces.push(piece);
        look();
      });
      socket.on("close", () => resolve("cut"));
    });
    return { pieces, text, ended, close: () => socket.destroy() };
  }

  async #serve(question: IncomingMessage, reply: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    try {
      for await (const part of question) parts.push(part as Buffer);
    } catch {
      return;
    }
    const [path, from] = [
      question.url!,
      BigInt(`0x${String(question.headers["x-server-from"] ?? 0)}`),
    ];
    const asked = { from, method: question.method!, path, body: Buffer.concat(parts) };
    this.asked.push(asked);
    const status = await this.answer(asked);
    const headers = {
      "X-Etcd-Cluster-Id": this.clusterId.toString(16),
      "X-Server-Version": "3.7.1",
    };
    if (status !== undefined) return void reply.writeHead(status, headers).end();
    const [, , , kind = ""] = path.split("/");
    if (!path.startsWith("/raft/stream/")) return void reply.writeHead(404).end();
    reply.writeHead(200, headers).flushHeaders();
    this.streams.set(`${kind} ${from.toString(16)}`, reply);
  }
}
