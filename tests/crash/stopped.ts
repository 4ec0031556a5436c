/**
 * SIGSTOP in the middle of a load, for longer than an election timeout, then SIGCONT: nothing is lost,
 * nothing is done twice, and the server goes on.
 *
 *     SEED=1 ROUNDS=3 tsx tests/crash/stopped.ts
 */
import { peer } from "../peers.ts";
import { startServer } from "../processes.ts";
import { chosenSeed, Seeded } from "../seeded.ts";
import { Load } from "./load.ts";
import { Records } from "./record.ts";
import { newVerified, verify } from "./verify.ts";

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function main(): Promise<void> {
  const subject = peer(process.env["SUBJECT"] === "etcd" ? "etcd" : "nodetcd");
  if (subject === undefined) return;
  const seed = chosenSeed();
  const rounds = Number(process.env["ROUNDS"] ?? 3);
  console.log(
    `SIGSTOP and SIGCONT of ${subject.name} ${subject.version}: SEED=${seed} ROUNDS=${rounds}`,
  );
  const random = new Seeded(seed);
  const records = new Records();
  const verified = newVerified();
  const server = await startServer(subject);
  try {
    for (let round = 1; round <= rounds; round++) {
      const load = new Load(server.url, records, random);
      await sleep(random.between(50, 500));
      server.signal("SIGSTOP");
      await sleep(random.between(1500, 2500));
      server.signal("SIGCONT");
      const before = load.acknowledged;
      await sleep(500);
      await load.stop();
      if (load.acknowledged <= before) throw new Error("nothing was acknowledged after SIGCONT");
      const faults = await verify(server.url, records, verified, true);
      if (faults.length > 0) throw new Error(`SEED=${seed} round ${round}:\n${faults.join("\n")}`);
    }
    console.log(`${rounds} rounds, ${records.acknowledged.size} acknowledged writes, none lost`);
  } finally {
    server.signal("SIGCONT");
    await server.stop();
  }
}

await main();
