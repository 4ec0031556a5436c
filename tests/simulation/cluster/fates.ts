/** What may befall one member at once, and what ends it. */
import type { SeededRandom } from "@nodetcd/simulator";
import type { Seat } from "./seat.ts";
import type { ClusterWorld } from "./world.ts";

export interface Fate {
  readonly what: string;
  readonly seat: Seat;
  /** Once it is over; it may come to an end by itself before. */
  readonly end: () => void;
}

type Befall = (seat: Seat, world: ClusterWorld) => Fate;

function die(seat: Seat, isPowerCut: boolean): Fate {
  seat.die(isPowerCut);
  const end = (): void => {
    if (seat.end === undefined && !seat.isDismissed) void seat.start();
  };
  return { seat, what: `${isPowerCut ? "power cut" : "kill -9"} of ${seat.name}`, end };
}

function standStill(seat: Seat): Fate {
  const { life } = seat;
  seat.pause();
  const end = (): void => {
    if (seat.life === life) seat.resume();
  };
  return { seat, what: `${seat.name} stands still`, end };
}

export const powerCut: Befall = (seat) => die(seat, true);
export const kill: Befall = (seat) => die(seat, false);

export const cutOff: Befall = (seat, world) => ({
  seat,
  what: `cut: all of ${seat.name}`,
  end: world.cut((from, to) => from === seat.host || to === seat.host),
});
export const cutSends: Befall = (seat, world) => ({
  seat,
  what: `cut: what ${seat.name} sends`,
  end: world.cut((from) => from === seat.host),
});
export const cutHears: Befall = (seat, world) => ({
  seat,
  what: `cut: what ${seat.name} hears`,
  end: world.cut((_, to) => to === seat.host),
});

const ALL: readonly Befall[] = [
  powerCut,
  powerCut,
  kill,
  standStill,
  cutOff,
  cutOff,
  cutSends,
  cutHears,
];

/** One of all. */
export function befall(seat: Seat, world: ClusterWorld, random: SeededRandom): Fate {
  if (seat.member === undefined && !seat.isStarting) {
    return { seat, what: `${seat.name} is down`, end: () => undefined };
  }
  return random.pick(ALL)(seat, world);
}
