import type { Http1Exchange, Http1ExchangeHandler } from "@nodetcd/runtime";
import type { MemberConfig } from "../config.ts";
import { textReply } from "./reply.ts";

type Rules = Pick<MemberConfig, "cors" | "hostWhitelist">;

/** Name or address of a `Host` header, without its port and brackets. */
function hostName(host: string): string {
  const [, bracketed, plain] = /^(?:\[(.*)\](?::\d*)?|([^:]*):\d*)$/.exec(host) ?? [];
  return bracketed ?? plain ?? host;
}

function wrongHost(host: string): string {
  return `
etcd received your request, but the Host header was unrecognized.

To fix this, choose one of the following options:
- Enable TLS, then any HTTPS request will be allowed.
- Add the hostname you want to use to the whitelist in settings.
  - e.g. etcd --host-whitelist ${JSON.stringify(host)}

This requirement has been added to help prevent "DNS Rebinding" attacks (CVE-2018-5702).

`;
}

/** What lets a page of this origin read the answer; nothing for one that may not. */
function corsHeaders({ cors }: Rules, { headers }: Http1Exchange): Record<string, string> {
  const origin = headers.get("origin") ?? "";
  if (!cors.includes("*") && !cors.includes(origin)) return {};
  return {
    "Access-Control-Allow-Headers": "accept, content-type, authorization",
    "Access-Control-Allow-Methods": "POST, GET, OPTIONS, PUT, DELETE",
    "Access-Control-Allow-Origin": cors.includes("*") ? "*" : origin,
  };
}

/**
 * Puts the rules for web pages in front of all that a client port answers: a request without TLS for a host that is
 * not in the list is refused, and pages of the origins in the other list may read what is answered.
 */
export function guardOrigins(rules: Rules, handler: Http1ExchangeHandler): Http1ExchangeHandler {
  const anyHost = rules.hostWhitelist.includes("*");
  return async (exchange) => {
    const host = hostName(exchange.headers.get("host") ?? "");
    if (!anyHost && !exchange.isSecure && !rules.hostWhitelist.includes(host)) {
      return textReply(421, wrongHost(host));
    }
    const cors = corsHeaders(rules, exchange);
    if (exchange.method === "OPTIONS") return { status: 200, headers: cors, body: "" };
    const answer = await handler(exchange);
    return { ...answer, headers: { ...cors, ...answer.headers } };
  };
}
