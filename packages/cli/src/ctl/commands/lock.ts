import { METHODS } from "@nodetcd/messages";
import type { Command } from "../../command-line/command.ts";
import { badArguments, EXIT, ExitError } from "../../command-line/exit.ts";
import { intFlag } from "../../command-line/flag.ts";
import type { CtlCall } from "../call.ts";
import { firstOf, interruptSignal } from "../interrupts.ts";
import { toNumber } from "../numbers.ts";
import { runProgram } from "../run-program.ts";

const TTL = intFlag("ttl", "timeout for session", 10n);

export const lock: Command<CtlCall> = {
  use: "lock <lockname> [exec-command arg1 arg2 ...]",
  short: "Acquires a named lock",
  examples: ["lock nightly", "lock nightly sh -- -c 'run-backup'", "lock nightly --ttl=60"],
  flags: [TTL],
  run: async ({ args, flags, connect }) => {
    const [name, ...program] = args;
    if (name === undefined) {
      throw badArguments("lock takes a lock name argument and an optional command to execute");
    }
    const session = await connect();
    const stop = interruptSignal();
    const ttlSeconds = toNumber(flags.get(TTL));
    const held = await session.client.lock(name, {
      ...(ttlSeconds > 0 ? { ttlSeconds } : {}),
      signal: stop,
    });
    const key = Buffer.from(held.key);
    const reply = await session.send(METHODS.KV.Range, { key }, { timeoutMs: Infinity });
    if (program.length > 0) {
      try {
        const revision = String(reply.header?.revision ?? held.revision);
        await runProgram(program, { ETCD_LOCK_KEY: held.key, ETCD_LOCK_REV: revision });
      } finally {
        await held.unlock();
      }
      return;
    }
    if (reply.kvs.length === 0) throw new ExitError(EXIT.error, "lock lost on init");
    session.show("get", reply);
    const ended = await firstOf(stop, held.lost);
    if (ended === held.lost) throw new ExitError(EXIT.error, "session expired");
    await held.unlock();
  },
};
