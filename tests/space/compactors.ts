/**
 * Several compactors on one cluster, as processes: on real etcd, on three members of nodetcd, and with a real kube-apiserver among them.
 * Together they compact once an interval, history is kept for one to two intervals, and when the winner is killed another takes over
 * later than one interval and before two.
 *
 *     INTERVAL=3 ROUNDS=6 KUBERNETES_PROGRAMS=folder npm run prove -- compactors [etcd cluster kubernetes]
 *
 * The folder holds kube-apiserver, as `PROGRAMS=kube-apiserver sh tests/kubernetes/build-control-plane.sh folder` makes it.
 */
import { rmSync } from "node:fs";
import { Client } from "@nodetcd/client";
import { nodeRuntime } from "@nodetcd/runtime/node";
import { startClusterOf } from "../cluster-processes.ts";
import { ControlPlane } from "../kubernetes/control-plane.ts";
import { type Peer, peer, sayMissing } from "../peers.ts";
import { freePort, type ServerProcess, startServer, temporaryDirectory } from "../processes.ts";
import { CompactorProcess, type Win, WinWatch } from "./compactor-wins.ts";

const interval = Number(process.env["INTERVAL"] ?? 3) * 1_000;
const rounds = Number(process.env["ROUNDS"] ?? 6);
/** For the way to the server and back, and for other work of the machine. */
const SLACK_MS = 0.15 * interval;

interface Stage {
  readonly name: string;
  readonly nodetcd: Peer;
  readonly servers: readonly ServerProcess[];
  /** Folder with kube-apiserver, when one is to take part. */
  readonly kubernetes?: string;
}

async function main(): Promise<void> {
  const [etcd, nodetcd] = [peer("etcd"), peer("nodetcd")];
  if (nodetcd === undefined) return;
  console.log(`INTERVAL=${interval / 1_000} ROUNDS=${rounds}`);
  const three = [nodetcd, nodetcd, nodetcd];
  if (etcd !== undefined && isAsked("etcd")) {
    const servers = [await startServer(etcd)];
    await play({ name: `etcd ${etcd.version}`, nodetcd, servers });
  }
  if (isAsked("cluster")) {
    await play({ name: "three members of nodetcd", nodetcd, servers: await startClusterOf(three) });
  }
  if (!isAsked("kubernetes")) return;
  const kubernetes = process.env["KUBERNETES_PROGRAMS"];
  if (kubernetes === undefined) {
    sayMissing("kube-apiserver (KUBERNETES_PROGRAMS names the folder that has it)");
    return;
  }
  const servers = await startClusterOf(three);
  await play({ name: "kube-apiserver and nodetcd", nodetcd, servers, kubernetes });
}

/** `npm run prove -- compactors etcd kubernetes` plays only these. */
function isAsked(stage: string): boolean {
  const words = process.argv.slice(2);
  return words.length === 0 || words.includes(stage);
}

async function play(stage: Stage): Promise<void> {
  const endpoints = stage.servers.map(({ url }) => url);
  const client = new Client({ runtime: nodeRuntime, endpoints });
  const watch = new WinWatch(client);
  const plane = await startApiServer(stage, endpoints.join(","));
  const compactors: CompactorProcess[] = [];
  try {
    for (let i = 0; i < (plane === undefined ? 3 : 2); i++) {
      compactors.push(new CompactorProcess(stage.nodetcd, endpoints.join(","), `${interval}ms`));
      await new Promise((resolve) => setTimeout(resolve, interval / 4));
    }
    await watch.until(rounds, (rounds + 5) * interval);
    const dead = await killWinner(compactors, watch.wins, plane);
    const before = watch.wins.length;
    await watch.until(before + rounds, (rounds + 5) * interval);
    const { compactRevision } = await client.maintenance.hashKv(0, { endpoint: endpoints[0]! });
    say(stage.name, watch.wins, before, dead, compactors);
    check(watch.wins, before, compactors, compactRevision);
  } finally {
    await Promise.all(compactors.map((compactor) => compactor.kill()));
    await watch.end();
    client.close();
    await plane?.stop();
    await Promise.all(stage.servers.map((server) => server.stop()));
  }
}

async function startApiServer(stage: Stage, etcdUrl: string): Promise<ControlPlane | undefined> {
  if (stage.kubernetes === undefined) return undefined;
  const folder = temporaryDirectory("nodetcd-compactors");
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  const flags = [`--etcd-compaction-interval=${interval}ms`];
  const port = await freePort();
  const plane = new ControlPlane({ programs: stage.kubernetes, folder, etcdUrl, port, flags });
  await plane.startApiServer();
  return plane;
}

/** Kills whoever won the last round: one of ours that says so, else the API server. */
async function killWinner(
  compactors: readonly CompactorProcess[],
  wins: readonly Win[],
  plane: ControlPlane | undefined,
): Promise<string> {
  await new Promise((resolve) => setTimeout(resolve, interval / 4));
  const { clock } = wins.at(-1)!;
  const winner = compactors.find(({ clocks }) => clocks.includes(clock));
  if (winner === undefined && plane === undefined) throw new Error("nobody says that he has won");
  if (winner === undefined) plane?.kill("kube-apiserver");
  else await winner.kill();
  return winner === undefined ? "kube-apiserver" : `compactor ${compactors.indexOf(winner) + 1}`;
}

function gaps(wins: readonly Win[]): number[] {
  return wins.slice(1).map(({ at }, i) => at - wins[i]!.at);
}

/** Milliseconds of history right after a compaction, and right before the next. */
function kept(wins: readonly Win[]): { least: number; most: number } {
  const chosen = wins.filter(({ revision }) => revision > 0);
  const least = chosen.map(({ at, writtenAt }) => at - writtenAt);
  const most = chosen.slice(1).map(({ at }, i) => at - chosen[i]!.writtenAt);
  return { least: Math.min(...least), most: Math.max(...most) };
}

function check(
  wins: readonly Win[],
  before: number,
  compactors: readonly CompactorProcess[],
  compactRevision: number,
): void {
  const faults = compactors.flatMap(({ errors }) => errors);
  const alone = [wins.slice(0, before), wins.slice(before)];
  for (const gap of alone.flatMap(gaps)) {
    if (gap < interval - SLACK_MS || gap > interval + SLACK_MS) faults.push(`a gap of ${gap} ms`);
  }
  const takeOver = wins[before]!.at - wins[before - 1]!.at;
  if (takeOver < interval || takeOver > 2 * interval + SLACK_MS) {
    faults.push(`taken over after ${takeOver} ms`);
  }
  for (const { least, most } of alone.map(kept)) {
    if (least < interval - SLACK_MS || most > 2 * interval + SLACK_MS) {
      faults.push(`history of ${least} to ${most} ms`);
    }
  }
  const clocks = wins.map(({ clock }) => clock);
  if (clocks.some((clock, i) => i > 0 && clock !== clocks[i - 1]! + 1)) {
    faults.push(`clocks ${clocks.join(" ")}`);
  }
  const chosen = wins.slice(-2).map(({ revision }) => revision);
  if (!chosen.includes(compactRevision)) faults.push(`compacted at ${compactRevision}`);
  if (faults.length > 0) throw new Error(faults.join("; "));
}

function say(
  name: string,
  wins: readonly Win[],
  before: number,
  dead: string,
  compactors: readonly CompactorProcess[],
): void {
  const took = wins.at(-1)!.at - wins[0]!.at;
  const takeOver = wins[before]!.at - wins[before - 1]!.at;
  const keep = [wins.slice(0, before), wins.slice(before)].map(kept);
  const seconds = (ms: number): string => `${(ms / 1_000).toFixed(2)} s`;
  const ours = compactors.map(({ clocks }) => clocks.length).join(" + ");
  console.log(
    `${name}: ${wins.length} rounds in ${seconds(took)}, won by ours ${ours}; ${dead} was killed, ` +
      `another took over after ${seconds(takeOver)}; history of ${seconds(Math.min(...keep.map(({ least }) => least)))} ` +
      `to ${seconds(Math.max(...keep.map(({ most }) => most)))} was kept`,
  );
}

await main();
