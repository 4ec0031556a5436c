import { EtcdError, type Watcher } from "@nodetcd/client";
import type { WatchResponse } from "@nodetcd/messages";
import type { Command } from "../../command-line/command.ts";
import { badArguments, EXIT, ExitError, UsageError } from "../../command-line/exit.ts";
import { type AnyFlag, type FlagValues, intFlag, switchFlag } from "../../command-line/flag.ts";
import { parseFlags } from "../../command-line/parse.ts";
import { quote } from "../../quote.ts";
import type { CtlCall } from "../call.ts";
import { InputLines } from "../input-lines.ts";
import { toNumber } from "../numbers.ts";
import { eventName } from "../output/values.ts";
import { splitLine } from "../quoted.ts";
import type { Session } from "../session.ts";
import { type WatchArguments, watchArguments } from "../watch-arguments.ts";

const FLAGS = {
  interactive: switchFlag("interactive", "Interactive mode", false, { shorthand: "i" }),
  prefix: switchFlag("prefix", "Watch on a prefix if prefix is set"),
  rev: intFlag("rev", "Revision to start watching"),
  prevKv: switchFlag("prev-kv", "get the previous key-value pair before the event happens"),
  progressNotify: switchFlag(
    "progress-notify",
    "get periodic watch progress notification from server",
  ),
} as const;
const ALL_FLAGS: readonly AnyFlag[] = Object.values(FLAGS);

export const watch: Command<CtlCall> = {
  use: "watch [options] [key or prefix] [range_end] [--] [exec-command arg1 arg2 ...]",
  short: "Watches events stream on keys or prefixes",
  examples: [
    "watch greeting",
    "watch job/ --prefix --prev-kv",
    "watch greeting -- sh -c 'env | grep ETCD_WATCH_'",
  ],
  flags: ALL_FLAGS,
  run: async (call) => {
    const key = call.environment["ETCDCTL_WATCH_KEY"] ?? "";
    const rangeEnd = call.environment["ETCDCTL_WATCH_RANGE_END"] ?? "";
    if (key === "" && rangeEnd !== "") {
      throw badArguments(
        `ETCDCTL_WATCH_KEY is empty but got ETCDCTL_WATCH_RANGE_END=${quote(Buffer.from(rangeEnd))}`,
      );
    }
    if (call.flags.get(FLAGS.interactive)) return await interact(call, { key, rangeEnd });
    const words = call.words.slice(call.words.indexOf("watch") + 1);
    const asked = watchArguments(words, call.args, { key, rangeEnd });
    const session = await call.connect();
    const watcher = startWatch(session, asked, call.flags);
    await watcher.shown;
    throw new ExitError(EXIT.interrupted, "watch is canceled by the server");
  },
};

interface Started {
  readonly watcher: Watcher;
  /** Resolves when the watch has ended and all was shown. */
  readonly shown: Promise<void>;
}

function startWatch(session: Session, asked: WatchArguments, flags: FlagValues): Started {
  const [key, end] = asked.operands;
  if (key === undefined) throw badArguments("bad number of arguments");
  const prefix = flags.get(FLAGS.prefix);
  if (end !== undefined && prefix) {
    throw badArguments("`range_end` and `--prefix` are mutually exclusive");
  }
  const responses: WatchResponse[] = [];
  const show = (response: WatchResponse): void => showResponse(session, response, asked.program);
  const watcher = session.client.watch(key, {
    ...(end === undefined ? {} : { end }),
    prefix,
    startRevision: toNumber(flags.get(FLAGS.rev)),
    previous: flags.get(FLAGS.prevKv),
    ...(flags.get(FLAGS.progressNotify) ? { onProgress: () => undefined } : {}),
    onResponse: (response) => {
      if (response.created && !response.canceled) return;
      if (response.events.length > 0 || responses.length > 0) responses.push(response);
      else show(response);
    },
  });
  return { watcher, shown: showAll(watcher, responses, show) };
}

/** Shows responses in order: those with events once their batch is given out, so that a slow reader holds the server back. */
async function showAll(
  watcher: Watcher,
  responses: WatchResponse[],
  show: (response: WatchResponse) => void,
): Promise<void> {
  const showUpTo = (isLast: () => boolean): void => {
    while (!isLast()) show(responses.shift()!);
  };
  try {
    for await (const _ of watcher.batches()) {
      const response = responses.shift();
      if (response !== undefined) show(response);
      showUpTo(() => responses.length === 0 || responses[0]!.events.length > 0);
    }
  } catch (error) {
    if (!(error instanceof EtcdError)) throw error;
  }
  showUpTo(() => responses.length === 0);
}

function cancelText({ compactRevision, cancelReason }: WatchResponse): string {
  if (compactRevision > 0) return "etcdserver: mvcc: required revision has been compacted";
  if (cancelReason === "") return "etcdserver: mvcc: required revision is a future revision";
  return cancelReason;
}

function showResponse(session: Session, response: WatchResponse, program: readonly string[]): void {
  if (response.canceled) session.complain(`watch was canceled (${cancelText(response)})`);
  const revision = response.header?.revision ?? 0;
  const isProgress = response.events.length === 0 && !response.canceled && revision > 0;
  if (isProgress) session.say(`progress notify: ${revision}`);
  session.show("watch", response);
  if (program.length > 0) runForEach(session, response, program);
}

/** Runs the program for one event after the other. */
function runForEach(session: Session, response: WatchResponse, program: readonly string[]): void {
  const [file = "", ...args] = program;
  const { spawnSync } = process.getBuiltinModule("node:child_process");
  for (const { type, kv } of response.events) {
    const empty = new Uint8Array(0);
    const result = spawnSync(file, args, {
      stdio: ["ignore", "inherit", "inherit"],
      env: {
        ...process.env,
        ETCD_WATCH_REVISION: String(response.header?.revision ?? 0),
        ETCD_WATCH_EVENT_TYPE: `"${eventName(type)}"`,
        ETCD_WATCH_KEY: quote(kv?.key ?? empty),
        ETCD_WATCH_VALUE: quote(kv?.value ?? empty),
      },
    });
    const why = failureOf(result, file);
    if (why === undefined) continue;
    const shown = program.map((word) => quote(Buffer.from(word))).join(" ");
    session.complain(`command [${shown}] error (${why})`);
    throw new ExitError(EXIT.error);
  }
}

/** Why a program did not end well, in Go's words. */
function failureOf(
  { error, status, signal }: { error?: Error; status: number | null; signal: string | null },
  file: string,
): string | undefined {
  if (error !== undefined) {
    const isMissing = "code" in error && error.code === "ENOENT";
    return isMissing
      ? `exec: ${JSON.stringify(file)}: executable file not found in $PATH`
      : error.message;
  }
  if (signal !== null) return `signal: ${signal}`;
  return status === 0 ? undefined : `exit status ${status}`;
}

/** Lines of `watch KEY ...` and `progress` from standard input, until it ends. */
async function interact(
  call: CtlCall,
  environment: { readonly key: string; readonly rangeEnd: string },
): Promise<void> {
  const session = await call.connect();
  const lines = new InputLines();
  const watchers: Watcher[] = [];
  for (;;) {
    const line = await lines.next();
    if (line === undefined) {
      throw new ExitError(EXIT.invalidInput, "error reading watch request line: EOF");
    }
    const words = splitLine(line) ?? [];
    const [name, ...rest] = words;
    if (name === undefined) {
      session.complain(`Invalid command: ${line} (watch and progress supported)`);
    } else if (name === "progress") {
      for (const watcher of watchers.slice(0, 1)) watcher.requestProgress();
    } else if (name !== "watch") {
      session.complain(`Invalid command ${line} (only support watch)`);
    } else if (rest.length === 0 && environment.key === "") {
      session.complain(`Invalid command ${line} (command type or key is not provided)`);
    } else {
      try {
        const { args, flags } = parseFlags(ALL_FLAGS, rest);
        watchers.push(startWatch(session, watchArguments(rest, args, environment), flags).watcher);
      } catch (error) {
        if (error instanceof UsageError) throw badArguments(error.message);
        throw error;
      }
    }
  }
}
