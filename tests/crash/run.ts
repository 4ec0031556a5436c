/**
 * kill -9 at a random moment under load, again and again on the same data directory.
 *
 *     SEED=1 ROUNDS=200 tsx tests/crash/run.ts
 *
 * The default of 3 rounds is a quick check. `SUBJECT=etcd` tries real etcd instead.
 */
import { rmSync } from "node:fs";
import { peer } from "../peers.ts";
import { chosenSeed, Seeded } from "../seeded.ts";
import { newCampaign, round } from "./round.ts";

/** Rounds on one data directory before a fresh one is begun. */
const ROUNDS_PER_DIRECTORY = 50;
/** Every so many rounds the whole history is read again, and real etcd opens a copy. */
const WHOLE_EVERY = 10;

async function main(): Promise<void> {
  const subject = peer(process.env["SUBJECT"] === "etcd" ? "etcd" : "nodetcd");
  if (subject === undefined) return;
  peer("bbolt");
  const seed = chosenSeed();
  const rounds = Number(process.env["ROUNDS"] ?? 3);
  console.log(`kill -9 of ${subject.name} ${subject.version}: SEED=${seed} ROUNDS=${rounds}`);
  const random = new Seeded(seed);
  let campaign = await newCampaign(subject, random);
  let acknowledged = 0;
  for (let number = 1; number <= rounds; number++) {
    const whole = number % WHOLE_EVERY === 0 || number === rounds;
    const faults = await round(campaign, whole);
    const newest = campaign.records.newestAcknowledged;
    if (whole)
      console.log(
        `  round ${number}: revision ${newest}, ${campaign.records.acknowledged.size} acknowledged writes`,
      );
    if (faults.length > 0) {
      console.log(`FAILED in round ${number} (SEED=${seed}); kept: ${campaign.directory}`);
      for (const fault of faults.slice(0, 20)) console.log(`  ${fault}`);
      process.exitCode = 1;
      return;
    }
    if (number % ROUNDS_PER_DIRECTORY === 0 || number === rounds) {
      acknowledged += campaign.records.acknowledged.size;
      rmSync(campaign.directory, { recursive: true, force: true });
      if (number < rounds) campaign = await newCampaign(subject, random);
    }
  }
  console.log(`${rounds} rounds, ${acknowledged} acknowledged writes, none lost`);
}

await main();
