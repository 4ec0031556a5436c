/** Sends raw requests to one server, and prints what it answers in a form that can be compared. */
import type { MessageCodec } from "@nodetcd/messages";
import { type Connection, type Failure, type RpcStream } from "../rpc.ts";

/** Ids and terms are a server's own; sizes of files too. */
const OWN_FIELDS = new Set([
  "clusterId",
  "memberId",
  "raftTerm",
  "raftIndex",
  "raftAppliedIndex",
  "leader",
  "dbSize",
  "dbSizeInUse",
  "members",
]);

/** Milliseconds without a message after which a stream that stays open has said what it had to. */
const QUIET_MS = 120;
const CALL_TIMEOUT_MS = 10_000;

export interface Answer {
  readonly replies: readonly Uint8Array[];
  /** Undefined: the stream was still open when it fell silent. */
  readonly status: Failure | undefined;
}

export class Caller {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Sends the requests at once and half-closes; the answer is there when the call has ended. */
  call(path: string, requests: readonly Uint8Array[]): Promise<Answer> {
    return new Promise((resolve) => {
      const replies: Uint8Array[] = [];
      const stream = this.#connection.open(
        path,
        (reply) => replies.push(reply),
        (status) => {
          clearTimeout(timer);
          resolve({ replies, status });
        },
      );
      const timer = setTimeout(() => stream.fail(4, "no answer"), CALL_TIMEOUT_MS);
      for (const request of requests) stream.send(request);
      stream.end();
    });
  }

  /**
   * Sends the requests one by one, each when the answers to the one before it have arrived, and
   * leaves the stream open. `between` runs before the last wait.
   */
  async converse(
    path: string,
    requests: readonly Uint8Array[],
    between: () => Promise<void> = async () => {},
  ): Promise<Answer> {
    const replies: Uint8Array[] = [];
    let status: Failure | undefined;
    let lastHeard = Date.now();
    const stream: RpcStream = this.#connection.open(
      path,
      (reply) => {
        replies.push(reply);
        lastHeard = Date.now();
      },
      (end) => (status = end),
    );
    const silence = async (): Promise<void> => {
      lastHeard = Date.now();
      while (status === undefined && Date.now() - lastHeard < QUIET_MS) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    for (const request of requests) {
      stream.send(request);
      await silence();
    }
    await between();
    await silence();
    const answer = { replies, status };
    stream.cancel();
    return answer;
  }
}

/** Prints an answer: bytes as text, a server's own fields left out. */
export function show<Reply>(codec: MessageCodec<Reply>, { replies, status }: Answer): string {
  const shown = replies.map((reply) => showMessage(codec.decode(reply)));
  const end = status === undefined ? "open" : `${status.code} ${alike(status.message)}`;
  return [...shown, end].join("\n      ");
}

function showMessage(message: unknown): string {
  return JSON.stringify(message, (key, value: unknown) => {
    if (OWN_FIELDS.has(key)) return undefined;
    if (typeof value === "bigint") return String(value);
    // Go's text form of a message has one blank or two between its fields, by the build.
    if (typeof value === "string" && value !== "") return value.replaceAll("  ", " ");
    if (value instanceof Uint8Array) return shorten(Buffer.from(value).toString("latin1"));
    if (value === 0 || value === "" || value === false || value === undefined) return undefined;
    return Array.isArray(value) && value.length === 0 ? undefined : value;
  });
}

function shorten(text: string): string {
  return text.length <= 80 ? text : `${text.slice(0, 40)}... ${text.length} bytes`;
}

/** What is wrong with a malformed message is said in a decoder's own words. */
function alike(text: string): string {
  return text.replace(
    /^(grpc: (error unmarshalling request|failed to unmarshal the received message):).*/s,
    "$1 ...",
  );
}
