import type { Happening } from "../contract/cluster.ts";
import type { Sample } from "../samples/sample.ts";
import { numberText } from "./words.ts";

/** Writes a second from which a burst is worth a mark, and by how much it stands out. */
const BURST_PER_SECOND = 500;
const BURST_TIMES = 20;

/** What changed from sample to sample, newest last. */
export function happenings(
  samples: readonly Sample[],
  names: ReadonlyMap<string, string>,
): Happening[] {
  const found: Happening[] = [];
  const name = (id: string): string => names.get(id) ?? id;
  const span = (samples.at(-1)?.at ?? 0) - (samples[0]?.at ?? 0);
  const grown = (samples.at(-1)?.revision ?? 0) - (samples[0]?.revision ?? 0);
  const usual = span === 0 ? 0 : (grown / span) * 1_000;
  let inBurst = false;
  for (let at = 1; at < samples.length; at++) {
    const [before, now] = [samples[at - 1]!, samples[at]!];
    const add = (kind: Happening["kind"], text: string): void =>
      void found.push({ at: now.at, kind, text, revision: now.revision });
    if (now.leader !== before.leader) {
      add("leader", now.leader === "" ? "The leader was lost" : leaderText(before, now, name));
    }
    if (now.oldest > before.oldest && before.oldest > 0) {
      add("compaction", `Compacted to ${numberText(now.oldest)}`);
    }
    for (const alarm of now.alarms) {
      if (!before.alarms.includes(alarm)) add("alarm", `${alarmText(alarm, name)} raised`);
    }
    for (const alarm of before.alarms) {
      if (!now.alarms.includes(alarm)) add("alarm", `${alarmText(alarm, name)} disarmed`);
    }
    memberChanges(before, now, name).forEach((text) => add("member", text));
    const rate = ((now.revision - before.revision) / (now.at - before.at)) * 1_000;
    const burst = rate >= BURST_PER_SECOND && rate >= usual * BURST_TIMES;
    if (burst && !inBurst) add("burst", `${numberText(Math.round(rate))} writes a second`);
    inBurst = burst;
  }
  return found;
}

function leaderText(before: Sample, now: Sample, name: (id: string) => string): string {
  return before.leader === ""
    ? `${name(now.leader)} leads`
    : `Leader ${name(before.leader)} → ${name(now.leader)}`;
}

function alarmText(alarm: string, name: (id: string) => string): string {
  const [kind = "", id = ""] = alarm.split(" ");
  return `${kind} on ${name(id)}`;
}

function memberChanges(before: Sample, now: Sample, name: (id: string) => string): string[] {
  const texts: string[] = [];
  for (const member of now.members) {
    const then = before.members.find(({ id }) => id === member.id);
    if (then === undefined) texts.push(`${name(member.id)} joined`);
    else if (then.size !== undefined && member.size === undefined) {
      texts.push(`${name(member.id)} stopped answering`);
    } else if (then.size === undefined && member.size !== undefined) {
      texts.push(`${name(member.id)} answers again`);
    }
  }
  for (const { id } of before.members) {
    if (!now.members.some((member) => member.id === id)) texts.push(`${name(id)} left`);
  }
  return texts;
}
