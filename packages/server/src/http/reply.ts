import type { Http1Request, Http1Response } from "@nodetcd/runtime";

export function textReply(status: number, body: string): Http1Response {
  const headers = {
    "Content-Type": "text/plain; charset=utf-8",
    "X-Content-Type-Options": "nosniff",
  };
  return { status, headers, body };
}

export function jsonReply(value: unknown, contentType = "application/json"): Http1Response {
  return {
    status: 200,
    headers: { "Content-Type": contentType },
    body: JSON.stringify(value),
  };
}

/** Undefined for GET, else the refusal. */
export function refuseOtherThanGet(request: Http1Request): Http1Response | undefined {
  if (request.method === "GET") return undefined;
  const refusal = textReply(405, "Method Not Allowed\n");
  return { ...refusal, headers: { ...refusal.headers, Allow: "GET" } };
}
