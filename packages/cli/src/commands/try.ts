import { createServer } from "node:net";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { Client } from "@nodetcd/client";
import { nodeRuntime } from "@nodetcd/runtime/node";
import { defaultConfig, type Member, type MemberConfig, startMember } from "@nodetcd/server";
import { consoleFormat } from "../log/format.ts";
import { lineLogger } from "../log/logger.ts";
import { takeStopSignals } from "../signals.ts";
import { demonstrate } from "../try/demonstration.ts";

const HELP = `Usage:
  nodetcd try [flags]

Starts a member for you alone, shows what it does, says where its data is, and serves until Ctrl-C.

Flags:
  --data-dir 'nodetcd-try'
    Folder of its data. It stays, and is used again the next time.
  --once
    End after the demonstration.
`;

const FLAGS = {
  "data-dir": { type: "string", default: "nodetcd-try" },
  once: { type: "boolean", default: false },
  help: { type: "boolean", short: "h", default: false },
} as const;

const say = (text: string): void => void process.stdout.write(text);

/** `nodetcd try`: a member with a demonstration. Returns the exit code. */
export async function tryOut(args: readonly string[]): Promise<number> {
  let values;
  try {
    ({ values } = parseArgs({ args: [...args], options: FLAGS }));
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\nnodetcd try --help lists the flags.\n`);
    return 2;
  }
  if (values.help) {
    say(HELP);
    return 0;
  }
  const write = (lines: string): void => void process.stderr.write(lines);
  const logger = lineLogger({
    clock: nodeRuntime.clock,
    level: "error",
    format: consoleFormat(process.stderr.isTTY === true),
    write,
  });
  const signal = takeStopSignals(() => write("stopping took too long, leaving\n"));
  const dataDir = resolve(values["data-dir"]);
  let member: Member;
  try {
    member = await startMember(nodeRuntime, await configOf(dataDir), logger);
  } catch (error) {
    write(`The member did not start: ${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
  const url = member.clientUrls[0] ?? "";
  say(`A member serves at ${url}. Its data is in\n${dataDir}\n`);
  await using client = new Client({ runtime: nodeRuntime, endpoints: url });
  const ctl = url.endsWith(":2379") ? "nodetcd ctl" : `nodetcd ctl --endpoints=${url}`;
  await Promise.race([demonstrate(client, ctl, say), signal]);
  say(farewell(ctl, dataDir));
  if (!values.once) {
    say("\nIt serves until Ctrl-C.\n");
    await signal;
  }
  client.close();
  await member.stop();
  return 0;
}

function farewell(ctl: string, dataDir: string): string {
  return `
All of it is on disk. Some things to do next:

  ${ctl} get "" --prefix
  ${ctl} snapshot save backup.db
  nodetcd utl inspect ${dataDir}           (when it is stopped)
  nodetcd --data-dir ${dataDir} --name try     a member on the same data, with etcd's flags
  nodetcd help
`;
}

/** A member on loopback alone: at etcd's ports where they are free. */
async function configOf(dataDir: string): Promise<MemberConfig> {
  const client = `http://127.0.0.1:${await freePort(2379)}`;
  const peer = `http://127.0.0.1:${await freePort(2380)}`;
  return {
    ...defaultConfig,
    name: "try",
    dataDir,
    listenClientUrls: [client],
    advertiseClientUrls: [client],
    listenPeerUrls: [peer],
    initialAdvertisePeerUrls: [peer],
    initialCluster: `try=${peer}`,
  };
}

/** The wanted port, or another one where it is taken. */
function freePort(wanted: number): Promise<number> {
  return new Promise((resolvePort, reject) => {
    const server = createServer();
    server.once("error", (error) => {
      if (wanted === 0) reject(error);
      else resolvePort(freePort(0));
    });
    server.listen(wanted, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolvePort(port));
    });
  });
}
