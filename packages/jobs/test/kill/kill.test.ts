import { type Etcd, startEtcd } from "nodetcd";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Rounds } from "./rounds.ts";

let etcd: Etcd;
let rounds: Rounds;
const seed = Number(process.env["SEED"] ?? Date.now() % 1_000_000);
const count = Number(process.env["ROUNDS"] ?? 2);

beforeAll(async () => {
  etcd = await startEtcd();
  rounds = new Rounds(etcd, seed);
});
afterAll(async () => {
  await rounds.end();
  await etcd.stop();
});

it(
  `kill -9 of controllers and workers: a slot has one Job at most and one line, nothing is started twice or left (SEED=${seed} ROUNDS=${count})`,
  {
    timeout: 60_000 + count * 6_000,
  },
  async () => {
    const outcome = await rounds.run(count);
    console.log(`${outcome.jobs} jobs, ${outcome.lines} lines, ${outcome.attempts} attempts`);
    expect(outcome.faults).toEqual([]);
    expect(outcome.jobs).toBeGreaterThan(count);
  },
);
