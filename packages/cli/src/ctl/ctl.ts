import { EtcdError } from "@nodetcd/client";
import { nameOf } from "../command-line/command.ts";
import { runTool } from "../command-line/run.ts";
import type { CtlCall } from "./call.ts";
import { connect } from "./connect.ts";
import { errorText } from "./error-text.ts";
import { readEnvironment } from "./globals.ts";
import type { Session } from "./session.ts";
import { CTL, OPTIONS_HINT } from "./table.ts";

/** Variables of `watch`, which no flag has. */
const WATCH_VARIABLES = ["ETCDCTL_WATCH_KEY", "ETCDCTL_WATCH_RANGE_END"];

/** `nodetcd ctl`: etcdctl's command line. Returns the exit code. */
export async function ctl(words: readonly string[]): Promise<number> {
  const sessions: Session[] = [];
  try {
    return await runTool<CtlCall>(
      {
        root: CTL,
        hint: OPTIONS_HINT,
        extend: (invocation, command) => ({
          ...invocation,
          root: CTL,
          environment: process.env,
          connect: async () => {
            const { flags, out, err } = invocation;
            const known = nameOf(command) === "watch" ? WATCH_VARIABLES : [];
            readEnvironment(flags, process.env, known, (line) => err.write(line));
            const session = await connect(flags, out, err);
            sessions.push(session);
            return session;
          },
          readInput,
        }),
        explain: (error) => (error instanceof EtcdError ? errorText(error) : undefined),
      },
      words,
    );
  } finally {
    for (const { client } of sessions) client.close();
  }
}

async function readInput(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
