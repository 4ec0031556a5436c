/** What may befall one member at once, and what ends it. */
import type { SeededRandom } from "@nodetcd/simulator";
import type { Seat } from "./seat.ts";
import type { ClusterWorld } from "./world.ts";

export interface Fate {
  readonly what: string;
  /** Once it is over; it may come to an end by itself before. */
  readonly end: () => void;
}

type Befall = (seat: Seat, world: ClusterWorld) => Fate;

function die(seat: Seat, isPowerCut: boolean): Fate {
  seat.die(isPowerCut);
  const end = (): void => {
    if (seat.end === undefined && !seat.isDismissed) void seat.start();
  };
  return { what: `${isPowerCut ? "power cut" : "kill -9"} of ${seat.name}`, end };
}

function standStill(seat: Seat): Fate {
  const { life } = seat;
  seat.pause();
  const end = (): void => {
    if (seat.life === life) seat.resume();
  };
  return { what: `${seat.name} stands still`, end };
}

export const powerCut: Befall = (seat) => die(seat, true);
export const kill: Befall = (seat) => die(seat, false);

const cutOff: Befall = ({ name, host }, world) => ({
  what: `cut: all of ${name}`,
  end: world.cut((from, to) => from === host || to === host),
});
const cutSends: Befall = ({ name, host }, world) => ({
  what: `cut: what ${name} sends`,
  end: world.cut((from) => from === host),
});
const cutHears: Befall = ({ name, host }, world) => ({
  what: `cut: what ${name} hears`,
  end: world.cut((_, to) => to === host),
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
    return { what: `${seat.name} is down`, end: () => undefined };
  }
  return random.pick(ALL)(seat, world);
}
