import { rmSync } from "node:fs";
import { expect, test } from "vitest";
import { METHODS } from "@nodetcd/messages";
import { newCampaign, round } from "../crash/round.ts";
import { peer } from "../peers.ts";
import { startServer } from "../processes.ts";
import { Connection } from "../rpc.ts";
import { chosenSeed, Seeded } from "../seeded.ts";
import { Records } from "../crash/record.ts";
import { newVerified, verify } from "../crash/verify.ts";

test("kill -9 under load loses nothing that was acknowledged", { timeout: 120_000 }, async () => {
  const subject = peer("nodetcd");
  if (subject === undefined) return;
  const seed = chosenSeed();
  const campaign = await newCampaign(subject, new Seeded(seed));
  try {
    expect(await round(campaign, false), `SEED=${seed}`).toEqual([]);
    expect(await round(campaign, true), `SEED=${seed}`).toEqual([]);
    expect(campaign.records.acknowledged.size).toBeGreaterThan(0);
  } finally {
    rmSync(campaign.directory, { recursive: true, force: true });
  }
});

test(
  "verify() finds a lost write, a foreign one and a revision used twice",
  { timeout: 60_000 },
  async () => {
    const subject = peer("nodetcd");
    if (subject === undefined) return;
    const server = await startServer(subject);
    const connection = new Connection(server.url);
    try {
      await connection.call(METHODS.KV.Put, { key: Buffer.from("k"), value: Buffer.from("v") });
      const honest = (): Records => {
        const records = new Records();
        records.sentValues.add("v");
        records.acknowledge(2, [{ key: "k", value: "v" }]);
        return records;
      };
      expect(await verify(server.url, honest(), newVerified(), true)).toEqual([]);

      const lost = honest();
      lost.acknowledge(3, [{ key: "k2", value: "v" }]);
      expect((await verify(server.url, lost, newVerified(), true)).join()).toContain(
        "found nothing",
      );

      const foreign = honest();
      foreign.sentValues.clear();
      expect((await verify(server.url, foreign, newVerified(), true)).join()).toContain(
        "nobody sent",
      );

      const changed = newVerified();
      changed.history.set(2, [{ key: "k", value: "other" }]);
      expect((await verify(server.url, honest(), changed, true)).join()).toContain("is now k=v");
    } finally {
      connection.close();
      await server.stop();
    }
  },
);
