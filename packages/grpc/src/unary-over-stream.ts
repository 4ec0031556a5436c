import { RpcError } from "./errors.ts";
import { Status } from "./status.ts";
import type { ClientStream } from "./transport.ts";

/** Sends one request on a fresh stream and waits for the one reply. Borrows `request`. */
export function unaryOverStream(stream: ClientStream, request: Uint8Array): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    let reply: Uint8Array | undefined;
    let replies = 0;
    stream.onMessage = (message) => {
      reply = message;
      replies++;
    };
    stream.onEnd = ({ code, message, trailers }) => {
      if (code !== Status.OK) reject(new RpcError(code, message, trailers));
      else if (reply !== undefined && replies === 1) resolve(reply);
      else {
        const text = `cardinality violation: received ${replies} messages for a unary call`;
        reject(new RpcError(Status.INTERNAL, text, trailers));
      }
    };
    stream.send(request);
    stream.halfClose();
  });
}
