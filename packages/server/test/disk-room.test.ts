import {
  AlarmAction,
  AlarmRequest,
  AlarmResponse,
  AlarmType,
  type RangeResponse,
} from "@nodetcd/messages";
import type { Runtime } from "@nodetcd/runtime";
import { nodeRuntime } from "@nodetcd/runtime/node";
import { expect, test } from "vitest";
import { DISK_RESERVE_BYTES } from "../src/limits.ts";
import { dispose, failure, recordingLogger, startTestMember, text } from "./support/member.ts";

/** A machine whose disk says that it has so much left. */
function runtimeWith(disk: { free: number }): Runtime {
  const freeBytes = (): Promise<number> => Promise.resolve(disk.free);
  return { ...nodeRuntime, disk: { ...nodeRuntime.disk, freeBytes } };
}

test("a full disk is handled like a full quota: writes are refused, deletions go on, until it is disarmed", async () => {
  const disk = { free: 10 * DISK_RESERVE_BYTES };
  const { logger, lines } = recordingLogger();
  const member = await startTestMember({}, logger, runtimeWith(disk));
  await member.put("a", "1");
  disk.free = DISK_RESERVE_BYTES - 1;
  await expect.poll(() => lines.join(), { timeout: 5_000 }).toContain("the disk is full");
  expect((await failure(member.put("a", "2"))).message).toContain("database space exceeded");
  const alarms = async (action: number): Promise<number[]> => {
    const request = { action, memberId: member.member.id, alarm: AlarmType.NOSPACE };
    const path = "etcdserverpb.Maintenance/Alarm";
    return (await member.call(path, AlarmRequest, AlarmResponse, request)).alarms.map(
      ({ alarm }) => alarm,
    );
  };
  expect(await alarms(AlarmAction.GET)).toEqual([AlarmType.NOSPACE]);
  expect((await member.delete("a")).deleted).toBe(1);
  disk.free = 10 * DISK_RESERVE_BYTES;
  await expect.poll(() => lines.join(), { timeout: 5_000 }).toContain("the disk has room again");
  await alarms(AlarmAction.DEACTIVATE);
  await member.put("a", "3");
  const { kvs }: RangeResponse = await member.range("a");
  expect(kvs.map(({ value }) => text(value))).toEqual(["3"]);
  await dispose(member);
}, 30_000);
