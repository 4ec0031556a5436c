import { readdirSync } from "node:fs";
import { join } from "node:path";
import {
  DowngradeAction,
  DowngradeRequest,
  DowngradeResponse,
  StatusRequest,
  StatusResponse,
} from "@nodetcd/messages";
import { expect, test, vi } from "vitest";
import { dispose, startTestMember } from "./support/member.ts";

const MAINTENANCE = "etcdserverpb.Maintenance";

test(
  "Downgrade lowers the schema once a snapshot stands behind all entries of the newer version",
  { timeout: 30_000 },
  async () => {
    const member = await startTestMember();
    const snapshots = (): string[] =>
      readdirSync(join(member.directory, "member", "snap")).filter((name) =>
        name.endsWith(".snap"),
      );
    expect(snapshots()).toEqual([]);
    const isOf = (version: string): Promise<void> =>
      vi.waitFor(
        async () => {
          const call = `${MAINTENANCE}/Status`;
          const { storageVersion } = await member.call(call, StatusRequest, StatusResponse, {});
          expect(storageVersion).toBe(version);
        },
        { timeout: 20_000, interval: 50 },
      );
    await isOf("3.7.0");
    await member.call(`${MAINTENANCE}/Downgrade`, DowngradeRequest, DowngradeResponse, {
      action: DowngradeAction.ENABLE,
      version: "3.6.0",
    });
    await isOf("3.6.0");
    expect(snapshots()).toHaveLength(1);
    await dispose(member);
  },
);
