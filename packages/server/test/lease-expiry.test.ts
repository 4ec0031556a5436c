import { silentLogger } from "@nodetcd/runtime";
import { describe, expect, test } from "vitest";
import { RequestError } from "../src/errors.ts";
import { LeaseExpiry } from "../src/lease-expiry.ts";
import { REVOKE_QUEUE_MAX, REVOKES_IN_FLIGHT_MAX } from "../src/limits.ts";

const NOTHING = new Uint8Array(0);
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** An expiry whose proposals end when told to. */
function pendingExpiry() {
  const proposed: bigint[] = [];
  const settle: ((error?: Error) => void)[] = [];
  const expiry = new LeaseExpiry(
    {
      proposeMessage: ({ leaseRevoke }) =>
        new Promise((resolve, reject) => {
          proposed.push(leaseRevoke?.id ?? 0n);
          settle.push((error) => (error === undefined ? resolve(NOTHING) : reject(error)));
        }),
    },
    silentLogger,
  );
  return { expiry, proposed, settle };
}

describe("LeaseExpiry", () => {
  test("revoke() proposes each lease once while that is under way, and again after it failed", async () => {
    const { expiry, proposed, settle } = pendingExpiry();
    expiry.revoke([1n, 2n]);
    expiry.revoke([2n, 1n, 3n]);
    expect(proposed).toEqual([1n, 2n, 3n]);
    settle[1]?.(new RequestError("TIMEOUT"));
    await turn();
    expiry.revoke([1n, 2n]);
    expect(proposed).toEqual([1n, 2n, 3n, 2n]);
  });

  test("revoke() proposes so many at a time, and the others as those end", async () => {
    const { expiry, proposed, settle } = pendingExpiry();
    expiry.revoke(Array.from({ length: 300 }, (_, i) => BigInt(i + 1)));
    expect(proposed).toHaveLength(REVOKES_IN_FLIGHT_MAX);
    for (let done = 0; done < 300; done++) {
      settle[done]?.();
      await turn();
      expect(proposed).toHaveLength(Math.min(300, REVOKES_IN_FLIGHT_MAX + done + 1));
    }
    expect(expiry.revoked).toBe(300);
  });

  test("revoke() leaves out what does not fit into the queue", async () => {
    const { expiry, proposed, settle } = pendingExpiry();
    const all = REVOKE_QUEUE_MAX + 100;
    expiry.revoke(Array.from({ length: all }, (_, i) => BigInt(i + 1)));
    for (let done = 0; done < settle.length; done++) {
      settle[done]?.();
      await turn();
    }
    expect(proposed).toHaveLength(REVOKE_QUEUE_MAX);
  });
});
