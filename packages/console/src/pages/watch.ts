import { keyText } from "../contract/bytes.ts";
import { ConsoleError } from "../errors.ts";
import type { ApiReply } from "../http/exchange.ts";
import { matcher } from "../keys/search.ts";
import { STREAMS } from "../limits.ts";
import { byteMatcher, tail } from "../watch/tail.ts";
import type { Call, Route } from "./call.ts";

const NO_BYTES = new Uint8Array(0);

/** The live tail. A page that lost its connection goes on behind the last event it has. */
function watch({ app, client, query, signal, lastEventId }: Call): ApiReply {
  const last = Number(lastEventId);
  const from = Number.isSafeInteger(last) && last > 0 ? last + 1 : query.number("from", 0);
  const pattern = query.text("pattern", "").trim();
  const matches = pattern === "" ? undefined : byteMatcher(matcher(pattern), keyText);
  if (app.streams >= STREAMS) {
    throw new ConsoleError("TOO_MANY", `${STREAMS} streams are open already`, "Close a page.");
  }
  app.streams++;
  signal.addEventListener("abort", () => app.streams--, { once: true });
  const prefix = query.key("prefix", NO_BYTES);
  return { kind: "events", events: tail(client, app.clock, { prefix, from, matches, signal }) };
}

export const WATCH_ROUTES: readonly Route[] = [
  { method: "GET", path: "/api/watch", access: "read", run: watch },
];
