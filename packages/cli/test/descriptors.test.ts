import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { Client } from "@nodetcd/client";
import { nodeRuntime } from "@nodetcd/runtime/node";
import { expect, it } from "vitest";
import {
  builtProgram,
  logLines,
  start,
  startMember,
  temporaryDirectory,
} from "./support/program.ts";

const CLIENTS = 400;
const OPEN_FILES = 256;

const limited = (descriptors: number): string[] => [
  "sh",
  "-c",
  `ulimit -n ${descriptors}; exec "$@"`,
  "sh",
];

/** Resolves true when it is still open a while after connecting. */
async function stays(socket: Socket): Promise<boolean> {
  await Promise.race([once(socket, "close").catch(() => undefined), sleep(1_500)]);
  return !socket.destroyed && socket.readyState === "open";
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

it(`with ${OPEN_FILES} descriptors a member refuses most of ${CLIENTS} clients, serves the rest, and lives on`, async () => {
  const running = await startMember("few", join(temporaryDirectory(), "few"), {
    program: builtProgram(),
    wrapper: limited(OPEN_FILES),
    // Snapshots and new segments need descriptors, too.
    flags: ["--snapshot-count=20"],
  });
  const warning = logLines(running).find(({ msg }) => String(msg).includes("descriptor limit"));
  expect(warning).toMatchObject({ level: "warn", limit: OPEN_FILES });

  const first = new Client({ runtime: nodeRuntime, endpoints: running.url });
  await first.put("a", "b");
  const { hostname, port } = new URL(running.url);
  const sockets = Array.from({ length: CLIENTS }, () => {
    const socket = connect(Number(port), hostname);
    socket.on("error", () => undefined).resume();
    return socket;
  });
  const open = (await Promise.all(sockets.map(stays))).filter(Boolean).length;
  expect(open).toBeGreaterThan(4);
  expect(open).toBeLessThan(OPEN_FILES);
  // Whoever is in goes on, also where the member has to open files.
  for (let i = 0; i < 100; i++) await first.put("a", String(i));
  expect((await first.get("a"))?.text()).toBe("99");
  expect(running.child.exitCode).toBe(null);

  for (const socket of sockets) socket.destroy();
  const second = new Client({ runtime: nodeRuntime, endpoints: running.url });
  expect((await second.get("a", { timeoutMs: 10_000 }))?.text()).toBe("99");
  second.close();
  first.close();
  const refusals = logLines(running).filter(({ msg }) => String(msg).startsWith("refused conn"));
  expect(refusals).toHaveLength(1);
  running.child.kill("SIGTERM");
  expect(await running.exit).toBe(0);
  expect(logLines(running).filter(({ level }) => level === "error")).toEqual([]);
});

it("with 100 descriptors it says that they are too few, as etcd does, and ends with exit code 1", async () => {
  const running = start(["--name", "none"], {
    program: builtProgram(),
    wrapper: limited(100),
    cwd: temporaryDirectory(),
  });
  expect(await running.exit, running.output.err).toBe(1);
  expect(logLines(running)).toEqual([
    expect.objectContaining({
      level: "error",
      msg: "file descriptor limit of etcd process is too low; please set higher",
      limit: 100,
    }),
  ]);
});
