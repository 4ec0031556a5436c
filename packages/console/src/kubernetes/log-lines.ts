import { type Clock, sleep } from "@nodetcd/runtime";
import type { LogLines } from "../contract/jobs.ts";
import type { StreamEvent } from "../http/exchange.ts";

/** Lines that wait for the page at most; older ones leave, and that is said. */
const WAITING = 2_000;
const STEP_MS = 200;

/** A log as events of some lines each, five times a second at most. */
export async function* logEvents(
  clock: Clock,
  chunks: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<StreamEvent> {
  let waiting: string[] = [];
  let lost = 0;
  let ended = false;
  let failure: unknown;
  const read = (async () => {
    const decoder = new TextDecoder();
    let rest = "";
    for await (const chunk of chunks) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      waiting.push(...lines);
      if (waiting.length > WAITING) {
        lost += waiting.length - WAITING;
        waiting = waiting.slice(-WAITING);
      }
    }
    if (rest !== "") waiting.push(rest);
  })();
  void read
    .catch((error: unknown) => (failure = error))
    .finally(() => {
      ended = true;
    });
  while (!signal.aborted) {
    await sleep(clock, STEP_MS);
    if (waiting.length > 0) {
      const note = lost > 0 ? [`… ${lost} lines were too many to show …`] : [];
      const lines: LogLines = { lines: [...note, ...waiting] };
      waiting = [];
      lost = 0;
      yield { event: "lines", data: lines };
    } else if (ended) {
      const message = failure instanceof Error && !signal.aborted ? failure.message : "";
      yield { event: "end", data: { message } };
      return;
    }
  }
}
