import { type IncomingMessage, request } from "node:http";

export interface HttpReply {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

export interface HttpCall {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

/** Begins an exchange by `node:http`, which sends any method, path and header as it is told. */
export function begin(url: string, call: HttpCall): Promise<IncomingMessage> {
  const { hostname, port } = new URL(url);
  const { method = "POST", path = "/", headers = {}, body = "" } = call;
  return new Promise((resolve, reject) => {
    const length = { "Content-Length": String(Buffer.byteLength(body)) };
    const sent = request({ hostname, port, method, path, headers: { ...length, ...headers } });
    sent.on("response", resolve).on("error", reject).end(body);
  });
}

/** A whole exchange. */
export async function exchange(url: string, call: HttpCall): Promise<HttpReply> {
  const message = await begin(url, call);
  let body = "";
  for await (const piece of message) body += String(piece);
  return { status: message.statusCode ?? 0, headers: message.headers, body };
}

/** Lines of JSON as they come. */
export class JsonLines {
  readonly message: IncomingMessage;
  readonly #lines: AsyncGenerator<string>;

  constructor(message: IncomingMessage) {
    this.message = message;
    this.#lines = linesOf(message);
  }

  static async open(url: string, call: HttpCall): Promise<JsonLines> {
    return new JsonLines(await begin(url, call));
  }

  /** Undefined at the end. */
  async next(): Promise<unknown> {
    const { value, done } = await this.#lines.next();
    return done === true ? undefined : (JSON.parse(value) as unknown);
  }

  close(): void {
    this.message.destroy();
  }
}

async function* linesOf(message: IncomingMessage): AsyncGenerator<string, void> {
  let text = "";
  for await (const piece of message) {
    const lines = (text + String(piece)).split("\n");
    text = lines.pop() ?? "";
    yield* lines;
  }
  if (text !== "") yield text;
}
