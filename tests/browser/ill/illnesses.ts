/** Clusters that are ill, and somebody who mends them with the console: no step of a mending is done by the test. */
import { equal, ok, rejects } from "node:assert/strict";
import { join } from "node:path";
import { openBackend } from "@nodetcd/backend";
import { KeyValue } from "@nodetcd/messages";
import { nodeRuntime } from "@nodetcd/runtime/node";
import { FaultyDisk } from "../../crash/faults/faulty-disk.ts";
import type { Peer } from "../../peers.ts";
import type { Scene } from "../scene.ts";
import { Patient, type PatientOptions } from "./patient.ts";
import { SlowWatcher } from "./slow-watcher.ts";

export interface Illness {
  readonly name: string;
  /** How the cluster is started; undefined, said aloud, where that cannot be done. */
  readonly start: (program: Peer) => Promise<Patient | undefined>;
  readonly mend: (patient: Patient, scene: Scene) => Promise<void>;
  /** A disk is slow by a preloaded library, which programs of Go do not use. */
  readonly nodetcdOnly?: true;
}

const three =
  (more: Partial<PatientOptions> = {}) =>
  (program: Peer): Promise<Patient> =>
    Patient.start("ward", { program, members: 3, ...more });

/** A cluster whose last member's log waits this long for its disk. */
const withSlowDisk =
  (waitMs: number) =>
  async (program: Peer): Promise<Patient | undefined> => {
    const disk = FaultyDisk.build(process.env["TMPDIR"] ?? "/tmp");
    if (disk === undefined) return undefined;
    const plan = { call: "sync", name: "*.wal", first: 40, times: "from then on", waitMs } as const;
    return await three({
      lastEnvironment: (folder) => disk.environment(folder, plan, "/dev/null"),
    })(program);
  };

/** Waits until a task is over, and fails with what the page says of it when that is bad. */
async function done({ page }: Scene, title: string): Promise<void> {
  const verdict = page.locator(".verdict[role=status]");
  await verdict
    .getByText(new RegExp(`${title} (is done|failed|was stopped)`))
    .waitFor({ timeout: 120_000 });
  const text = await verdict.innerText();
  ok(text.includes("is done"), text);
}

/** Replaces a member by the page; the test is the person who starts it with the flags that the page names. */
async function replace(patient: Patient, scene: Scene, at: number): Promise<void> {
  const { page } = scene;
  const name = `m${at}`;
  await page.getByRole("button", { name: `Replace ${name}` }).click();
  await page.getByRole("dialog").getByRole("textbox").fill(name);
  await page.getByRole("button", { name: `Replace ${name} now` }).click();
  const order = page.getByText(/Start it now, its data directory empty, with /).first();
  await order.waitFor({ timeout: 60_000 });
  const flags = /with (--name .*)$/
    .exec(await order.innerText())![1]!
    .trim()
    .split(" ");
  await patient.servers[at]!.kill();
  patient.startAgain(at, flags, true);
  await done(scene, `Replace ${name}`);
}

async function quotaExceeded({ stage }: Patient, scene: Scene): Promise<void> {
  const { go, page, sees, unlock } = scene;
  const value = "x".repeat(100_000);
  const full = async (): Promise<void> => {
    for (let at = 0; at < 400; at++) await stage.client.put(`/full/${at % 4}`, value);
  };
  await rejects(full(), /space/);
  await go("/cluster");
  await page.getByRole("heading", { name: /The database is full/ }).waitFor();
  await page.getByRole("link", { name: "Make room" }).click();
  await sees("NOSPACE is raised");
  await unlock();
  await page.getByRole("textbox", { name: /^Type/ }).fill(stage.name);
  await page.getByRole("button", { name: "Make room now" }).click();
  await done(scene, "Make room");
  await stage.client.put("/full/0", value);
  await sees("NOSPACE is not raised");
}

async function slowDisk(patient: Patient, scene: Scene): Promise<void> {
  const { go, page, sees, unlock } = scene;
  const { client } = patient.stage;
  await patient.lead(2);
  for (let at = 0; at < 40; at++) await client.put(`/slow/${at}`, "x");
  await go("/cluster");
  await page.getByRole("heading", { name: /m2 has a slow disk/ }).waitFor({ timeout: 60_000 });
  await sees(/It leads, so every write waits for it/);
  await page.getByRole("link", { name: "Hand leadership over" }).click();
  await unlock();
  await page.getByRole("button", { name: "Let it lead: m0" }).click();
  await page.getByRole("row").filter({ hasText: "m0" }).getByText("leader").waitFor();
  const began = performance.now();
  await client.put("/slow/after", "x");
  ok(performance.now() - began < SLOW_MS, "a put still waits for the slow disk");
}

async function lagging(patient: Patient, scene: Scene): Promise<void> {
  const { go, page, sees, unlock } = scene;
  await patient.lead(0);
  let writing = true;
  const writer = async (name: number): Promise<void> => {
    for (let at = 0; writing; at++) {
      await patient.first.put(`/lag/${name}/${at % 100}`, "x").catch(() => undefined);
    }
  };
  const writers = Array.from({ length: 64 }, (_, name) => writer(name));
  await go("/cluster");
  await page
    .getByRole("heading", { name: /m2 is [\d,]+ entries behind/ })
    .waitFor({ timeout: 90_000 });
  await sees(/Do not restart m0 or m1|Do not restart m1 or m0/);
  await go("/maintenance/defragment");
  await unlock();
  await page.getByRole("button", { name: "Defragment 3 members" }).click();
  await sees(/Holding: .*Every member within 100 entries/);
  writing = false;
  await Promise.all(writers);
  await page.getByRole("button", { name: "Stop here" }).click();
  await sees(/was stopped/);
}

/** Stands still, so that it is silent, and comes back behind: the task goes on by itself, and harms nobody. */
async function frozen(patient: Patient, scene: Scene): Promise<void> {
  const { go, page, sees, unlock } = scene;
  await patient.lead(0);
  patient.servers[2]!.signal("SIGSTOP");
  for (let at = 0; at < 500; at++) await patient.first.put(`/frozen/${at}`, "x");
  await go("/cluster");
  await page.getByRole("heading", { name: /m2 does not answer/ }).waitFor({ timeout: 60_000 });
  await go("/maintenance/defragment");
  await unlock();
  await page.getByRole("button", { name: "Defragment 3 members" }).click();
  await sees(/Holding: All members answer \(2 of 3\)/);
  patient.servers[2]!.signal("SIGCONT");
  await done(scene, "Defragment all members");
}

async function lost(patient: Patient, scene: Scene): Promise<void> {
  const { go, page, unlock } = scene;
  const { client } = patient.stage;
  await client.put("/kept", "here");
  await patient.servers[2]!.kill();
  await go("/cluster");
  await page.getByRole("heading", { name: /m2 does not answer/ }).waitFor({ timeout: 60_000 });
  await page.getByRole("link", { name: "See the members" }).click();
  await unlock();
  await replace(patient, scene, 2);
  const members = await client.cluster.members();
  equal(members.length, 3);
  ok(
    members.every(({ isLearner }) => !isLearner),
    "everybody votes",
  );
  await patient.servers[2]!.ready(10_000);
  // Two of three must still be a quorum, and the new one one of them.
  await patient.servers[1]!.kill();
  await client.put("/kept", "still");
}

async function corrupt(patient: Patient, scene: Scene): Promise<void> {
  const { go, page, unlock } = scene;
  const { client } = patient.stage;
  await patient.lead(0);
  for (const value of ["1", "2"]) await client.put("/damaged", value);
  const victim = patient.servers[1]!;
  await victim.stop();
  await damage(join(victim.dataDirectory, "member", "snap", "db"));
  const everyone = patient.servers.map(({ peerPort }, at) => `m${at}=http://127.0.0.1:${peerPort}`);
  const flags = ["--name=m1", `--initial-cluster=${everyone.join()}`, ...CHECKS];
  patient.startAgain(1, flags, false);
  await go("/cluster");
  await page.getByRole("heading", { name: /CORRUPT is raised/ }).waitFor({ timeout: 90_000 });
  await rejects(client.put("/damaged", "3"), /corrupt/);
  await page.getByRole("link", { name: "Compare hashes" }).click();
  await page.getByRole("button", { name: "Compare now" }).click();
  await page.getByText(/Members differ at/).waitFor();
  await page.getByRole("row").filter({ hasText: "m1" }).getByText("Differs").waitFor();
  await page.getByRole("link", { name: "replace it" }).click();
  await unlock();
  await replace(patient, scene, 1);
  await client.put("/damaged", "3");
}

/** Another value for the newest record of a database that nobody has open; pages and checksums stay sound. */
async function damage(file: string): Promise<void> {
  const backend = openBackend(nodeRuntime, file);
  let last: { key: Uint8Array; value: Uint8Array } | undefined;
  backend.range("key", new Uint8Array(0), undefined, 0, (key, value) => {
    last = { key: Uint8Array.from(key), value: Uint8Array.from(value) };
  });
  const record = KeyValue.decode(last!.value);
  backend.put("key", last!.key, KeyValue.encode({ ...record, value: Buffer.from("damaged") }));
  await backend.close();
}

async function cutWatchers(patient: Patient, scene: Scene): Promise<void> {
  const { go, page, sees, unlock } = scene;
  const { client, name } = patient.stage;
  await client.put("/watched/0", "x");
  const watcher = new SlowWatcher(patient.servers[0]!.url);
  let revision = 0;
  for (let at = 0; at < 600; at++) {
    ({ revision } = await client.put(`/watched/${at % 10}`, "x".repeat(20_000)));
  }
  await go("/maintenance/compact");
  await unlock();
  await page.getByRole("textbox", { name: "Revision" }).fill(String(revision));
  await sees("1 of 1");
  await sees(/A watcher that is behind .* is cut off/);
  await page.getByRole("textbox", { name: /^Type/ }).fill(name);
  await page.getByRole("button", { name: /^Compact to/ }).click();
  await sees(/Compacted to|There is no history/);
  equal(await watcher.end(), "compacted");
}

/** More than a put takes on a disk that is not slow. */
const SLOW_MS = 150;
const CHECKS = ["--corrupt-check-time=1s"];

export const ILLNESSES: readonly Illness[] = [
  {
    name: "the quota is exceeded: room is made, and puts are taken again",
    start: three({ flags: ["--quota-backend-bytes=8388608"] }),
    mend: quotaExceeded,
  },
  {
    name: "a slow disk leads: it is named, and leadership is handed over",
    start: withSlowDisk(SLOW_MS),
    mend: slowDisk,
    nodetcdOnly: true,
  },
  {
    name: "a member lags: nobody else is to be touched, a defragmentation holds",
    start: withSlowDisk(3_000),
    mend: lagging,
    nodetcdOnly: true,
  },
  {
    name: "a member stands still: a defragmentation holds, and goes on when it is back",
    start: three(),
    mend: frozen,
  },
  {
    name: "a member is lost with its disk: it is replaced",
    start: three(),
    mend: lost,
  },
  {
    name: "a member is corrupt: it is found by its hash, replaced, and the alarm disarmed",
    start: three({ flags: CHECKS }),
    mend: corrupt,
  },
  {
    name: "a compaction would cut watchers: it says how many",
    start: (program) => Patient.start("ward", { program, members: 1 }),
    mend: cutWatchers,
  },
];
