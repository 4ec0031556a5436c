import * as http2 from "node:http2";

/** Five bytes before each message: not compressed, length. */
export function frameMessage(message: Uint8Array): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

export function splitMessages(data: Buffer): Buffer[] {
  const messages: Buffer[] = [];
  for (let at = 0; at + 5 <= data.length;) {
    const length = data.readUInt32BE(at + 1);
    messages.push(data.subarray(at + 5, at + 5 + length));
    at += 5 + length;
  }
  return messages;
}

export type Headers = Readonly<Record<string, string | string[] | number | undefined>>;

export interface Answer {
  readonly headers: Headers;
  readonly trailers: Headers;
  readonly messages: Buffer[];
  readonly resetCode: number;
}

/** One call with `node:http2`: sends the body, collects the answer. */
export function call(
  session: http2.ClientHttp2Session,
  path: string,
  body: Buffer,
  headers: http2.OutgoingHttpHeaders = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const stream = session.request({
      ":method": "POST",
      ":path": path,
      "content-type": "application/grpc",
      te: "trailers",
      ...headers,
    });
    let head: Headers = {};
    let trailers: Headers = {};
    const chunks: Buffer[] = [];
    stream.on("response", (received) => {
      head = received;
    });
    stream.on("trailers", (received: Headers) => {
      trailers = received;
    });
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("error", (error) => {
      if (stream.rstCode === http2.constants.NGHTTP2_NO_ERROR) reject(error);
    });
    stream.on("close", () =>
      resolve({
        headers: head,
        trailers,
        messages: splitMessages(Buffer.concat(chunks)),
        resetCode: stream.rstCode ?? 0,
      }),
    );
    stream.end(body);
  });
}
