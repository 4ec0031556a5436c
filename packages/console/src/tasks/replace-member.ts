import { type Client, type ClusterMember, EtcdError } from "@nodetcd/client";
import { sleep } from "@nodetcd/runtime";
import type { App } from "../app.ts";
import { ConsoleError } from "../errors.ts";
import { numberText } from "../health/words.ts";
import { GATE_BEHIND, GATE_PATIENCE_MS } from "../limits.ts";
import { type MemberReport, type Members, reasonOf } from "../members/ask-members.ts";
import { compareHashes } from "./compare-hashes.ts";
import { hexId } from "../samples/sample.ts";
import type { Step, StepControl } from "../task.ts";
import { handOver } from "./hand-over.ts";

const ASK_MS = 1_000;
/** Milliseconds for which a change of members is tried again: etcd refuses it while a member is only just gone. */
const CHANGE_MS = 30_000;

interface Replacement {
  readonly app: App;
  /** Both with the rights of who asked for it. */
  readonly client: Client;
  readonly members: Members;
  readonly old: ClusterMember;
  readonly voters: readonly MemberReport[];
  readonly name: string;
  /** Id of the member that comes in its place, once it is announced. */
  next: bigint;
}

/**
 * A member whose data is lost or wrong goes, and comes back empty: out of the cluster, in again as a learner, started by a
 * person, caught up, and only then with a vote. The cluster keeps its quorum at every step.
 */
export async function replaceMemberSteps(
  app: App,
  client: Client,
  members: Members,
  id: bigint,
): Promise<Step[]> {
  const { reports, sample } = await app.sampler.look(0);
  const old = reports.find(({ member }) => member.id === id)?.member;
  if (old === undefined) throw new ConsoleError("NOT_FOUND", "There is no such member");
  const voters = reports.filter(({ member }) => !member.isLearner);
  const name = old.name || hexId(id);
  const all: Replacement = { app, client, members, old, voters, name, next: 0n };
  const heir = othersOf(all).find(({ status }) => status !== undefined)?.member;
  const leads = sample.leader === hexId(id) && heir !== undefined;
  const corrupt = sample.alarms.some((alarm) => alarm.startsWith("CORRUPT"));
  return [
    { label: "See that the others suffice", run: async () => suffice(all) },
    ...(leads
      ? [
          {
            label: `Hand leadership from ${name} to ${heir.name || hexId(heir.id)}`,
            run: () => handOver(app, members, id, heir.id),
          },
        ]
      : []),
    { label: `Take ${name} out of the cluster`, run: (control) => remove(all, control) },
    { label: "Announce its successor, without a vote", run: (control) => announce(all, control) },
    { label: `Start ${name} with an empty directory`, run: (control) => started(all, control) },
    { label: "Let it catch up", run: (control) => caughtUp(all, control) },
    { label: "Give it a vote", run: (control) => promote(all, control) },
    { label: "Compare the hashes", run: () => compare(all) },
    ...(corrupt ? [{ label: "Disarm CORRUPT", run: () => disarm(all) }] : []),
  ];
}

function othersOf({ old, voters }: Replacement): readonly MemberReport[] {
  return voters.filter(({ member }) => member.id !== old.id);
}

/** What is left must be able to agree, before and after. */
function suffice(all: Replacement): string {
  const others = othersOf(all);
  const answering = others.filter(({ status }) => status !== undefined).length;
  const needed = Math.floor(all.voters.length / 2) + 1;
  if (others.length === 0) {
    throw new ConsoleError("CONFLICT", "Nobody else has the data: bring it back from a snapshot");
  }
  if (answering < needed) {
    throw new ConsoleError(
      "CONFLICT",
      `${answering} others answer, ${needed} are needed: bring one of them back first`,
    );
  }
  return `${answering} of ${others.length} others answer, ${needed} are needed`;
}

async function remove(
  { app, client, old, name }: Replacement,
  control: StepControl,
): Promise<string> {
  await insist(app, control, CHANGE_MS, () => client.cluster.remove(old.id));
  return `${name} (${hexId(old.id)}) is no member any more`;
}

async function announce(all: Replacement, control: StepControl): Promise<string> {
  const { app, client, old } = all;
  const peerUrls = [...old.peerUrls];
  const added = await insist(app, control, CHANGE_MS, () =>
    client.cluster.add(peerUrls, { learner: true }),
  );
  all.next = added.id;
  return `Its id is ${hexId(added.id)}`;
}

/** Waits for the person who starts it, and says how. */
async function started(all: Replacement, control: StepControl): Promise<string> {
  const { old, name } = all;
  const others = othersOf(all).map(({ member }) => member);
  const list = [...others, { ...old, name }].flatMap((member) =>
    member.peerUrls.map((url) => `${member.name}=${url}`),
  );
  const flags = `--name ${name} --initial-cluster-state existing --initial-cluster ${list.join(",")}`;
  control.hold(`Start it now, its data directory empty, with ${flags}`);
  await waitFor(all, control, ({ status }) => status !== undefined);
  return "It serves";
}

async function caughtUp(all: Replacement, control: StepControl): Promise<string> {
  await waitFor(all, control, (report, behind) => {
    control.hold(behind === undefined ? "Not told yet" : `${numberText(behind)} entries behind`);
    return report.status !== undefined && behind !== undefined && behind <= GATE_BEHIND;
  });
  return `Within ${GATE_BEHIND} entries of the others`;
}

async function promote({ app, client, next }: Replacement, control: StepControl): Promise<string> {
  await insist(app, control, GATE_PATIENCE_MS, () => client.cluster.promote(next));
  return "It votes";
}

async function compare({ client, members }: Replacement): Promise<string> {
  const { equal, members: told, revision } = await compareHashes(client, members);
  if (equal === false) {
    throw new ConsoleError("CONFLICT", `Members differ at ${numberText(revision)}`);
  }
  const silent = told.filter(({ error }) => error !== undefined).map(({ name, id }) => name || id);
  const rest = silent.length === 0 ? "" : `; ${silent.join(" and ")} did not tell`;
  return equal === undefined ? "Nothing could be compared" : `Equal${rest}`;
}

async function disarm({ client }: Replacement): Promise<string> {
  const raised = (await client.maintenance.alarms()).filter(({ alarm }) => alarm === "CORRUPT");
  for (const alarm of raised) await client.maintenance.disarm(alarm);
  return "Writes are taken again";
}

/** Until the successor is as wanted; `behind` is how many entries it lacks. */
async function waitFor(
  { app, next }: Replacement,
  { signal }: StepControl,
  isThere: (report: MemberReport, behind: number | undefined) => boolean,
): Promise<void> {
  const { clock } = app;
  const end = clock.monotonic() + GATE_PATIENCE_MS;
  for (;;) {
    if (signal.aborted) throw new ConsoleError("CONFLICT", "stopped");
    const picture = await app.sampler.look(ASK_MS / 2).catch(() => undefined);
    const report = picture?.reports.find(({ member }) => member.id === next);
    const behind = picture?.sample.members.find(({ id }) => id === hexId(next))?.behind;
    if (report !== undefined && isThere(report, behind)) return;
    if (clock.monotonic() > end) throw new ConsoleError("CONFLICT", "It did not happen in time");
    await sleep(clock, ASK_MS);
  }
}

/** etcd refuses a change of members while one is only just gone or come; it takes it a little later. */
const NOT_YET = new Set([
  "UNHEALTHY_CLUSTER",
  "NOT_ENOUGH_STARTED_MEMBERS",
  "LEARNER_NOT_READY",
  "UNAVAILABLE",
  "TIMEOUT",
]);

async function insist<T>(
  { clock }: App,
  { hold, signal }: StepControl,
  patienceMs: number,
  change: () => Promise<T>,
): Promise<T> {
  const end = clock.monotonic() + patienceMs;
  for (;;) {
    try {
      return await change();
    } catch (error) {
      const isEarly = error instanceof EtcdError && NOT_YET.has(error.code);
      if (!isEarly || signal.aborted || clock.monotonic() > end) throw error;
      hold(`The cluster does not take it yet: ${reasonOf(error)}`);
    }
    await sleep(clock, ASK_MS);
  }
}
