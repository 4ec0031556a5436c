/** Lines on a cluster that begins, and on one that grows from a single member. */
import { createServer, type Server } from "node:http";
import { rmSync } from "node:fs";
import { METHODS } from "@nodetcd/messages";
import type { Peer } from "../../peers.ts";
import { freePort, httpGet, ServerProcess, temporaryDirectory } from "../../processes.ts";
import { sleep } from "../patience.ts";
import type { Check } from "./checks.ts";

const put = { key: Buffer.from("k"), value: Buffer.from("v") };

/** Somebody who takes connections and says nothing; keeps when it was asked who is a member. */
async function mute(): Promise<{ url: string; askedAt: number[]; server: Server }> {
  const [port, askedAt] = [await freePort(), [] as number[]];
  const server = createServer(({ url }) => {
    if (url === "/members") askedAt.push(performance.now());
  });
  await new Promise<void>((resolve) => void server.listen(port, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${port}`, askedAt, server };
}

/** A founder whom the others do not answer: whom it asks, and what it says. */
async function unanswered(program: Peer): Promise<string[]> {
  const others = [await mute(), await mute()].toSorted((a, b) => (a.url < b.url ? -1 : 1));
  const dataDirectory = temporaryDirectory("nodetcd-alone");
  const ports = { client: await freePort(), peer: await freePort() };
  const own = `http://127.0.0.1:${ports.peer}`;
  const named = [`a=${own}`, ...others.map(({ url }, i) => `b${i}=${url}`)].join(",");
  const flags = ["--name=a", `--initial-cluster=${named}`];
  const member = new ServerProcess(program, ports, { dataDirectory, flags });
  try {
    const retry = "failed to publish local member to cluster through raft";
    for (let i = 0; i < 300 && !member.log.includes(retry); i++) await sleep(100);
    const health = await httpGet(member.clientPort, "/health").then(
      ({ status }) => String(status),
      () => "not served",
    );
    const [first, second] = others.map(({ askedAt }) => askedAt) as [number[], number[]];
    const apart = (second[0]! - first[0]!) / 1000;
    return [
      `asked ${first.length} and ${second.length} times, ${apart > 0.9 && apart < 1.6 ? "a second" : `${apart} s`} apart`,
      `/health: ${health}`,
      member.log.includes("ready to serve client requests") ? "says it is ready" : "is not ready",
      /failed to publish[^\n]*"publish-timeout":"7s"/.test(member.log)
        ? "tries again after 7s"
        : member.tail(),
    ];
  } finally {
    await member.kill();
    for (const { server } of others) {
      server.close();
      server.closeAllConnections();
    }
    rmSync(dataDirectory, { recursive: true, force: true });
  }
}

export const GROWING: readonly Check[] = [
  {
    lines: [17, 20],
    what: "a founder whom nobody answers",
    look: (_stage, program) => unanswered(program),
  },
  {
    lines: [22],
    what: "two members from one: writes wait for the second",
    async look(stage, program) {
      const [first] = stage.seats;
      const before = await stage.ask(first!, METHODS.KV.Put, put);
      const seat = await stage.cluster.addVoter(first!, program);
      const waiting = await stage.ask(first!, METHODS.KV.Put, put);
      const line = await stage.logged(first!, [
        "stepped down to follower since quorum is not active",
      ]);
      await stage.cluster.startJoined(seat);
      return [before, waiting, line, await stage.ask(seat, METHODS.KV.Put, put)];
    },
  },
];
