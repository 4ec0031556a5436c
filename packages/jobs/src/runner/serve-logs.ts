/** What a worker answers to API servers: the logs of its containers. */
import { ApiError, badRequest } from "../errors.ts";
import type { HttpHandler, HttpReply, HttpRequest } from "../http/exchange.ts";
import type { LogRequest, LogSource } from "../log-source.ts";

const PATH = "/logs";

/** The question of `readRequest`, as a path. */
export function logPath(asked: LogRequest): string {
  const text = JSON.stringify({ ...asked, signal: undefined });
  return `${PATH}?request=${encodeURIComponent(text)}`;
}

/** Who asks has the worker's key: an API server, which has checked what it asks for. */
function readRequest({ method, path, query, signal }: HttpRequest): LogRequest {
  if (method !== "GET" || path !== PATH) throw new ApiError("NotFound", "a worker has logs only");
  try {
    return { ...(JSON.parse(query.get("request") ?? "") as LogRequest), signal };
  } catch (error) {
    throw badRequest(`the request is not JSON: ${String(error)}`);
  }
}

export function logHandler(logs: LogSource): HttpHandler {
  return async (request): Promise<HttpReply> => {
    try {
      const body = await logs.open(readRequest(request));
      return { status: 200, headers: { "Content-Type": "text/plain" }, body };
    } catch (error) {
      const why = error instanceof ApiError ? error : new ApiError("InternalError", String(error));
      const headers = { "Content-Type": "application/json" };
      return { status: why.code, headers, body: JSON.stringify(why.toStatus()) };
    }
  };
}
