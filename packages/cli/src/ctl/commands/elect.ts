import { METHODS } from "@nodetcd/messages";
import type { Command } from "../../command-line/command.ts";
import { badArguments, EXIT, ExitError } from "../../command-line/exit.ts";
import { switchFlag } from "../../command-line/flag.ts";
import type { CtlCall } from "../call.ts";
import { firstOf, interruptSignal } from "../interrupts.ts";
import type { Session } from "../session.ts";

const LISTEN = switchFlag("listen", "observation mode", false, { shorthand: "l" });
/** Seconds until others may lead when this process dies. */
const TTL_SECONDS = 60;

export const elect: Command<CtlCall> = {
  use: "elect <election-name> [proposal]",
  short: "Observes and participates in leader election",
  examples: ["elect primary host-1", "elect primary --listen"],
  flags: [LISTEN],
  run: async ({ args, flags, connect }) => {
    const [name, proposal] = args;
    if (name === undefined || args.length > 2) {
      throw badArguments(
        "elect takes one election name argument and an optional proposal argument",
      );
    }
    const listen = flags.get(LISTEN);
    if (proposal === undefined) {
      if (!listen) throw badArguments("no proposal argument but -l not set");
      return await observe(await connect(), name);
    }
    if (listen) throw badArguments("proposal given but -l is set");
    await campaign(await connect(), name, proposal);
  },
};

async function observe(session: Session, name: string): Promise<void> {
  const signal = interruptSignal();
  for await (const { key } of session.client.election(name).observe({ signal })) {
    const reply = await session.send(METHODS.KV.Range, { key }, { timeoutMs: Infinity });
    if (reply.kvs.length > 0) session.show("get", reply);
  }
  if (!signal.aborted) throw new ExitError(EXIT.error, "elect: observer lost");
}

async function campaign(session: Session, name: string, proposal: string): Promise<void> {
  const stop = interruptSignal();
  const election = session.client.election(name);
  const leadership = await election.campaign(proposal, { ttlSeconds: TTL_SECONDS, signal: stop });
  const key = Buffer.from(leadership.key);
  session.show("get", await session.send(METHODS.KV.Range, { key }, { timeoutMs: Infinity }));
  const ended = await firstOf(stop, leadership.lost);
  if (ended === leadership.lost) throw new ExitError(EXIT.error, "elect: session expired");
  await leadership.resign();
}
