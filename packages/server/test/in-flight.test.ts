import { VirtualClock } from "@nodetcd/simulator";
import { describe, expect, test } from "vitest";
import { PROPOSAL_BYTES_MAX, PROPOSALS_MAX } from "../src/limits.ts";
import { InFlight, type Waiter } from "../src/propose/in-flight.ts";
import { TimeoutCause } from "../src/propose/timeout-cause.ts";

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

describe("TimeoutCause", () => {
  const ELECTION_MS = 1000;

  function member() {
    const clock = new VirtualClock();
    const state = { leader: 1n, active: new Map<bigint, number>([[2n, 0]]) };
    const cause = new TimeoutCause(clock, ELECTION_MS, {
      memberId: 1n,
      leader: () => state.leader,
      voters: () => [1n, 2n, 3n],
      activeSince: (id) => state.active.get(id),
    });
    cause.lookAtLeader();
    clock.advance(10_000);
    return { clock, state, cause };
  }

  test("of() names the leader that failed when the request came in the two election timeouts before the next one", () => {
    const { clock, state, cause } = member();
    const start = clock.monotonic();
    state.leader = 0n;
    cause.lookAtLeader();
    clock.advance(2 * ELECTION_MS - 1);
    state.leader = 2n;
    cause.lookAtLeader();
    expect(cause.of(start)).toBe("TIMEOUT_LEADER_FAILED");
    expect(cause.of(start - 2)).toBe("TIMEOUT");
    expect(cause.of(clock.monotonic() + 1)).toBe("TIMEOUT");
  });

  test("of() says of one that has waited for a leader all the time that it was not proposed", () => {
    const { clock, state, cause } = member();
    const start = clock.monotonic();
    clock.advance(1);
    state.leader = 0n;
    cause.lookAtLeader();
    clock.advance(1);
    expect(cause.of(start)).toBe("TIMEOUT");
    expect(cause.of(clock.monotonic())).toBe("TIMEOUT_NOT_PROPOSED");
  });

  test("of() names the connection that was lost: a leader's to its quorum, a follower's to its leader", () => {
    const { clock, state, cause } = member();
    const start = clock.monotonic();
    expect(cause.of(start)).toBe("TIMEOUT");
    state.active.set(2n, start + 1);
    expect(cause.of(start)).toBe("TIMEOUT_CONNECTION_LOST");
    state.leader = 3n;
    expect(cause.of(start)).toBe("TIMEOUT_CONNECTION_LOST");
    state.active.set(3n, 0);
    expect(cause.of(start)).toBe("TIMEOUT");
  });
});
