import { badArguments, EXIT, ExitError } from "../../command-line/exit.ts";
import type { Command } from "../../command-line/command.ts";
import { durationFlag, stringFlag, switchFlag } from "../../command-line/flag.ts";
import type { CtlCall } from "../call.ts";
import { firstOf, interruptSignal } from "../interrupts.ts";
import { Lines } from "../output/lines.ts";
import { runProgram } from "../run-program.ts";
import type { Session } from "../session.ts";
import { readRevision } from "./diff.ts";

const REASON = stringFlag("reason", "What it is for, for who reads logs");
const MAX = durationFlag("max", "Time after which the pin ends by itself", 3_600_000);
const LIST = switchFlag("list", "Show the pins that there are");

export const pin: Command<CtlCall> = {
  use: "pin [options] [revision] [exec-command arg1 arg2 ...]",
  short: "Keeps a revision, and all history after it, readable",
  long: `Keeps a revision (0 or none: the newest) readable until it is interrupted, or until the program behind it ends,
which finds the revision in NODETCD_PINNED_REV. 'nodetcd compactor' and the policies of nodetcd's members respect
pins; compactions by hand, those of etcd and those of Kubernetes do not.
`,
  examples: ["pin", "pin 1200 --reason=audit sh -- -c 'audit $NODETCD_PINNED_REV'", "pin --list"],
  flags: [REASON, MAX, LIST],
  run: async ({ args, flags, connect }) => {
    const [text = "0", ...program] = args;
    if (flags.get(LIST) && args.length > 0) throw badArguments("pin --list takes no arguments");
    const revision = readRevision(text);
    const session = await connect();
    if (flags.get(LIST)) return await list(session);
    const stop = interruptSignal();
    await using held = await session.client.pin(revision, {
      reason: flags.get(REASON),
      maxSeconds: Math.ceil(flags.get(MAX) / 1_000),
      signal: stop,
    });
    if (program.length > 0) {
      return await runProgram(program, { NODETCD_PINNED_REV: String(held.revision) });
    }
    new Lines(session).print({
      text: () => `pinned revision ${held.revision}\t${held.key}`,
      json: () => ({ revision: held.revision, key: held.key }),
    });
    if ((await firstOf(stop, held.lost)) === held.lost) {
      throw new ExitError(EXIT.error, "the pin has ended");
    }
  },
};

async function list(session: Session): Promise<void> {
  const lines = new Lines(session);
  for (const { revision, reason, lease, key } of await session.client.pins()) {
    lines.print({
      text: () => [revision, key, reason].join("\t"),
      json: () => ({ revision, key, reason, lease }),
    });
  }
}
