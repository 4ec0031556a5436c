import type { RestoreChange, RestorePlan, RestoreResult } from "@nodetcd/client";
import type { Command } from "../../command-line/command.ts";
import { badArguments, EXIT, ExitError } from "../../command-line/exit.ts";
import { switchFlag } from "../../command-line/flag.ts";
import type { CtlCall } from "../call.ts";
import { interruptSignal } from "../interrupts.ts";
import { type Line, Lines } from "../output/lines.ts";
import { readRevision } from "./diff.ts";

const APPLY = switchFlag("apply", "Make the changes; without it they are only shown");
const DROP_LEASES = switchFlag(
  "drop-ended-leases",
  "Restore keys whose lease has ended since, for good (default: leave them as they are)",
);

export const restore: Command<CtlCall> = {
  use: "restore [options] <prefix> <revision>",
  short: "Brings the keys of a prefix back to what they held at a revision",
  long: `Shows what it takes to bring the keys of a prefix back to what they held at a revision, one line a key, and with
--apply does it: in transactions that change a key only if nobody has changed it since. Who did keeps what he wrote, and
is listed as a conflict. Exit code 1 when something was left undone.
`,
  examples: ["restore config/ 1200", "restore config/ 1200 --apply"],
  flags: [APPLY, DROP_LEASES],
  run: async ({ args, flags, connect }) => {
    const [prefix, text] = args;
    if (prefix === undefined || text === undefined || args.length > 2) {
      throw badArguments("restore command needs a prefix and a revision");
    }
    const revision = readRevision(text);
    const session = await connect();
    const lines = new Lines(session);
    const signal = interruptSignal();
    const endedLeases = flags.get(DROP_LEASES) ? "drop" : "skip";
    const plan = await session.client.restore(prefix, revision, { endedLeases, signal });
    if (!flags.get(APPLY)) return showPlan(plan, lines);
    showResult(await plan.apply({ signal }), plan, lines);
  },
};

function showPlan(plan: RestorePlan, lines: Lines): void {
  for (const change of plan.changes) lines.print(lineOf(wordOf(change), change.key, lines));
  showSkipped(plan, lines);
  const deletes = plan.changes.filter(({ target }) => target === undefined).length;
  lines.note(
    `${plan.changes.length - deletes} keys would be put and ${deletes} deleted; nothing was changed: --apply does it`,
  );
}

function showResult(result: RestoreResult, plan: RestorePlan, lines: Lines): void {
  for (const { change, found } of result.conflicts) {
    const by = found === undefined ? "deleted" : `changed at ${found.modRevision}`;
    lines.print(lineOf("conflict", change.key, lines, by));
  }
  showSkipped(plan, lines);
  for (const { key } of result.remaining) lines.print(lineOf("remaining", key, lines));
  const { restored, deleted, conflicts, remaining, error } = result;
  lines.print({
    text: () => `${restored} keys put, ${deleted} deleted, ${conflicts.length} in conflict`,
    json: () => ({ restored, deleted, conflicts: conflicts.length, remaining: remaining.length }),
  });
  if (error !== undefined) {
    throw new ExitError(EXIT.error, `${remaining.length} keys were not reached: ${error.message}`);
  }
  if (conflicts.length > 0 || plan.skipped.length > 0) {
    throw new ExitError(EXIT.error, "some keys were left as they are");
  }
}

function showSkipped({ skipped }: RestorePlan, lines: Lines): void {
  for (const { key } of skipped) lines.print(lineOf("skipped", key, lines, "its lease has ended"));
}

function wordOf({ target }: RestoreChange): string {
  return target === undefined ? "delete" : "put";
}

function lineOf(what: string, key: Uint8Array, lines: Lines, why?: string): Line {
  return {
    text: () => [what, lines.bytes(key), ...(why === undefined ? [] : [why])].join("\t"),
    json: () => ({ what, key, why }),
  };
}
