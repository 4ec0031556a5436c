import type { Http1Handler, Http1Request } from "@nodetcd/runtime";
import { PeerError, textOf } from "../errors.ts";
import { OTHER_BODY_BYTES_MAX } from "../limits.ts";
import { type BodyBudget, collectBody } from "./collect-body.ts";
import {
  type BodySink,
  type Request,
  type ServerConnection,
  textResponse,
} from "./server-connection.ts";

/** Lets a handler of whole requests answer, once the body is here. */
export function delegate(
  handler: Http1Handler,
  { method, url, headers }: Request,
  connection: ServerConnection,
  budget: BodyBudget,
): BodySink {
  const answer = async (body: Uint8Array): Promise<void> => {
    const request: Http1Request = {
      method,
      url,
      headers,
      remoteAddress: connection.socket.remoteAddress,
      body: (limitBytes) =>
        body.length <= limitBytes
          ? Promise.resolve(body)
          : Promise.reject(
              new PeerError("BAD_HTTP", `Request body is longer than ${limitBytes} bytes`),
            ),
    };
    try {
      const response = await handler(request);
      connection.reply(method === "HEAD" ? { ...response, body: "" } : response);
    } catch (error) {
      connection.reply(textResponse(500, textOf(error)));
    }
  };
  return collectBody(budget, OTHER_BODY_BYTES_MAX, (body) => {
    if (body === undefined) connection.reply(textResponse(413, "request body too large"));
    else void answer(body);
  });
}
