import type { Gate } from "../contract/maintenance.ts";
import { numberText } from "../health/words.ts";
import { memberViews } from "../health/member-views.ts";
import { GATE_BEHIND } from "../limits.ts";
import type { Snapshot } from "../samples/sampler.ts";

/** What must hold before a member may stand still for a while; `fsyncMs` is the bound of the disks. */
export function gates({ reports, sample }: Snapshot, fsyncMs: number): Gate[] {
  const members = memberViews(reports, sample);
  const answering = members.filter(({ error }) => error === undefined).length;
  const leader = members.find(({ role }) => role === "leader");
  const late = members.reduce((most, { behind }) => Math.max(most, behind ?? 0), 0);
  const slowest = members.reduce((most, { fsyncP99Ms }) => Math.max(most, fsyncP99Ms ?? 0), 0);
  const corrupt = sample.alarms.filter((alarm) => alarm.startsWith("CORRUPT"));
  return [
    {
      id: "answer",
      label: "All members answer",
      holds: answering === members.length,
      value: `${answering} of ${members.length}`,
    },
    {
      id: "leader",
      label: "There is a leader",
      holds: leader !== undefined,
      value: leader === undefined ? "none" : leader.name || leader.id,
    },
    {
      id: "caught-up",
      label: `Every member within ${GATE_BEHIND} entries`,
      holds: late <= GATE_BEHIND,
      value: numberText(late),
    },
    {
      id: "corrupt",
      label: "No CORRUPT alarm",
      holds: corrupt.length === 0,
      value: corrupt.length === 0 ? "none" : "raised",
    },
    {
      id: "fsync",
      label: `fsync p99 under ${fsyncMs} ms`,
      holds: slowest < fsyncMs,
      value: slowest === 0 ? "not told" : `${slowest.toFixed(1)} ms`,
    },
  ];
}
