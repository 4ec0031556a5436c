import { VirtualClock } from "@nodetcd/simulator";
import { describe, expect, test } from "vitest";
import { PROPOSAL_BYTES_MAX, PROPOSALS_MAX } from "../src/limits.ts";
import { InFlight, type Waiter } from "../src/propose/in-flight.ts";

function recordingWaiter(failures: string[]): Waiter {
  return {
    succeed: () => undefined,
    fail: (error) => failures.push(error.code),
    deadline: 0,
    bytes: 0,
  };
}

describe("InFlight", () => {
  test("assertRoom() refuses at either bound, and takes requests again once some are answered", () => {
    const inFlight = new InFlight(new VirtualClock(), 1000);
    const tooMany = expect.objectContaining({ code: "TOO_MANY_REQUESTS" });
    for (let round = 0; round < 3; round++) {
      inFlight.add(1, PROPOSAL_BYTES_MAX, recordingWaiter([]));
      expect(() => inFlight.assertRoom()).toThrow(tooMany);
      expect(inFlight.take(1)).toBeDefined();
      inFlight.assertRoom();
    }
    for (let id = 0; id < PROPOSALS_MAX; id++) inFlight.add(id, 1, recordingWaiter([]));
    expect(() => inFlight.assertRoom()).toThrow(tooMany);
    inFlight.take(7);
    inFlight.assertRoom();
  });

  test("a request that is not applied in time fails once, and gives its room back", () => {
    const clock = new VirtualClock();
    const inFlight = new InFlight(clock, 1000);
    const failures: string[] = [];
    inFlight.add(1, PROPOSAL_BYTES_MAX, recordingWaiter(failures));
    clock.advance(900);
    inFlight.add(2, 1, recordingWaiter(failures));
    clock.advance(700);
    expect(failures).toEqual(["TIMEOUT"]);
    inFlight.assertRoom();
    expect([inFlight.take(1), inFlight.size]).toEqual([undefined, 1]);
    clock.advance(1000);
    expect(failures).toEqual(["TIMEOUT", "TIMEOUT"]);
  });
});
