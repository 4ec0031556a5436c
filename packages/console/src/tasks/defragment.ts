import { sleep } from "@nodetcd/runtime";
import type { App } from "../app.ts";
import { ConsoleError } from "../errors.ts";
import { memberViews } from "../health/member-views.ts";
import { bytesText, durationText } from "../health/words.ts";
import { GATE_MS, GATE_PATIENCE_MS } from "../limits.ts";
import type { MemberReport, Members } from "../members/ask-members.ts";
import { hexId } from "../samples/sample.ts";
import { gates } from "./gates.ts";
import { handOver } from "./hand-over.ts";
import type { Step, StepControl } from "../task.ts";

const ASK_MS = 1_000;

/** Members in the order in which they are defragmented: learners, followers, the leader last. */
export function defragmentOrder(reports: readonly MemberReport[], leader: string): MemberReport[] {
  const place = ({ member }: MemberReport): number =>
    hexId(member.id) === leader ? 2 : member.isLearner ? 0 : 1;
  return reports.toSorted((a, b) => place(a) - place(b));
}

/**
 * One member after the other, each behind the gates. Before the leader's turn a follower takes over, so
 * that writes go on. `members` are called with the rights of who asked for it; a single member has nobody to take over, and writes wait for it.
 */
export async function defragmentSteps(app: App, members: Members): Promise<Step[]> {
  const snapshot = await app.sampler.look(0);
  const { reports, sample } = snapshot;
  const order = defragmentOrder(reports, sample.leader);
  const steps: Step[] = [];
  for (const { member } of order) {
    const id = hexId(member.id);
    const name = member.name || id;
    if (id === sample.leader && order.length > 1) {
      const heir = order.find((other) => hexId(other.member.id) !== id && !other.member.isLearner);
      if (heir !== undefined) {
        const heirName = heir.member.name || hexId(heir.member.id);
        steps.push({
          label: `Hand leadership from ${name} to ${heirName}`,
          run: async (control) => {
            await waitForGates(app, control);
            return await handOver(app, members, member.id, heir.member.id);
          },
        });
      }
    }
    steps.push({
      label: `Defragment ${name}`,
      run: (control) => defragment(app, members, member.id, control),
    });
  }
  steps.push({ label: "Check", run: (control) => check(app, control) });
  return steps;
}

/** Waits until all gates have held for a while; says what it waits for. */
export async function waitForGates(app: App, { hold, say, signal }: StepControl): Promise<void> {
  const { clock } = app;
  const began = clock.monotonic();
  let since: number | undefined;
  for (;;) {
    if (signal.aborted) throw new ConsoleError("CONFLICT", "stopped");
    const failing = await failingGates(app);
    const now = clock.monotonic();
    if (failing === "") {
      since ??= now;
      if (now - since >= GATE_MS) return;
      say(`All gates hold; they have to for ${durationText(GATE_MS)}`);
    } else {
      since = undefined;
      if (now - began > GATE_PATIENCE_MS) {
        throw new ConsoleError(
          "CONFLICT",
          `Given up after ${durationText(now - began)}: ${failing}`,
        );
      }
      hold(`Holding: ${failing}`);
    }
    await sleep(clock, ASK_MS);
  }
}

async function failingGates(app: App): Promise<string> {
  try {
    const failing = gates(await app.sampler.look(ASK_MS / 2), app.settings.fsyncGateMs).filter(
      ({ holds }) => !holds,
    );
    return failing.map(({ label, value }) => `${label} (${value})`).join("; ");
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function defragment(
  app: App,
  members: Members,
  id: bigint,
  control: StepControl,
): Promise<string> {
  await waitForGates(app, control);
  const client = await members.of(id);
  if (client === undefined) throw new ConsoleError("UNAVAILABLE", "it has no address");
  const before = await sizeOf(app, id);
  control.say("It answers nothing until its file is rewritten");
  const began = app.clock.monotonic();
  await client.maintenance.defragment();
  const took = app.clock.monotonic() - began;
  const after = await sizeOf(app, id);
  return `${before} → ${after} in ${durationText(Math.max(took, 1_000))}`;
}

async function sizeOf(app: App, id: bigint): Promise<string> {
  const { reports, sample } = await app.sampler.look(0);
  const view = memberViews(reports, sample).find((member) => member.id === hexId(id));
  return view?.dbSize === undefined ? "not told" : bytesText(view.dbSize);
}

async function check(app: App, control: StepControl): Promise<string> {
  await waitForGates(app, control);
  const { reports, sample } = await app.sampler.look(0);
  const sizes = memberViews(reports, sample).map(
    ({ name, id, dbSize }) =>
      `${name || id} ${dbSize === undefined ? "not told" : bytesText(dbSize)}`,
  );
  return sizes.join(", ");
}
