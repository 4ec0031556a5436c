import { silentLogger } from "@nodetcd/runtime";
import { nodeRuntime } from "@nodetcd/runtime/node";
import { FaultDisk } from "@nodetcd/simulator";
import { expect, test } from "vitest";
import { startTestMember, text } from "./support/member.ts";

const config = {
  dataDir: "/data",
  walSegmentBytes: 100_000,
  // Neither the log nor the database is told of the last commit before the process dies.
  backendBatchIntervalMs: 60_000,
  heartbeatIntervalMs: 10_000,
  electionTimeoutMs: 50_000,
};

test.each([0, 1])(
  "forceNewCluster keeps what a cluster of one acknowledged last, at its start number %i",
  async (starts) => {
    let disk = new FaultDisk();
    for (let i = 0; i <= starts; i++) {
      const member = await startTestMember(config, silentLogger, { ...nodeRuntime, disk });
      await member.put("key", `value ${i}`);
      const dead = disk;
      disk = dead.restart();
      await member.stop().catch(() => undefined);
    }
    const options = { ...config, forceNewCluster: true };
    const forced = await startTestMember(options, silentLogger, { ...nodeRuntime, disk });
    const { kvs } = await forced.range("key");
    expect(kvs.map(({ value }) => text(value))).toEqual([`value ${starts}`]);
    expect((await forced.put("next", "1")).header?.revision).toBe(starts + 3);
    await forced.stop();
  },
);
