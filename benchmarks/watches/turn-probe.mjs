/**
 * Loaded into nodetcd's process (`node --import`): on SIGUSR2 it writes the longest turn of the event loop
 * since the last time, in milliseconds, to the file that TURN_PROBE names. Time on a processor counts, garbage
 * collection on the main thread included; waiting for a processor does not, since machines have other work too.
 * Linux only.
 */
import { openSync, readSync, renameSync, writeFileSync } from "node:fs";

const file = process.env["TURN_PROBE"];
if (file !== undefined) {
  // Its first number is the nanoseconds that the main thread was on a processor.
  const schedule = openSync(`/proc/self/task/${process.pid}/schedstat`, "r");
  const text = Buffer.alloc(64);
  const ranMs = () => {
    const length = readSync(schedule, text, 0, 64, 0);
    return Number(text.toString("latin1", 0, length).split(" ")[0]) / 1e6;
  };
  let before = ranMs();
  let longest = 0;
  let over = 0;
  const tick = () => {
    const now = ranMs();
    const turn = now - before;
    longest = Math.max(longest, turn);
    if (turn > 10) over++;
    before = now;
  };
  setInterval(tick, 1).unref();
  process.on("SIGUSR2", () => {
    tick();
    writeFileSync(`${file}.new`, JSON.stringify({ longest, over }));
    renameSync(`${file}.new`, file);
    longest = 0;
    over = 0;
  });
}
