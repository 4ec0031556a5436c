/**
 * `nodetcd jobs` at scale: how soon it answers, from a slot to its Jobs, long lists, memory.
 *
 *     npm run bench:jobs                      about six minutes
 *     ONLY=start,slots SCALE=0.1 npm run bench:jobs
 *
 * `start`: one process, from its start until kubectl's first answer. `slots`: 10,000 CronJobs, 1,000 of them in the same
 * second; milliseconds from the slot until its Job is seen, and until its container has started (what kubelets would say),
 * by a watch. `lists`: 50,000 finished Jobs in chunks of 500. Memory is resident, at the end. Linux only.
 */
import { measureLists } from "./jobs/lists.ts";
import { measureSlots } from "./jobs/slots.ts";
import { measureStart } from "./jobs/start.ts";

const SCENARIOS = { start: measureStart, slots: measureSlots, lists: measureLists };

const scale = Number(process.env["SCALE"] ?? 1);
const only = process.env["ONLY"]?.split(",");
for (const [name, scenario] of Object.entries(SCENARIOS)) {
  if (only === undefined || only.includes(name)) await scenario(scale);
}
process.exit();
