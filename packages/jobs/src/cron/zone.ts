/** Time of the same offset from UTC: instants from `from` (inclusive) to `until` (exclusive), in ms. */
export interface ZoneSpan {
  readonly from: number;
  readonly until: number;
  /** Milliseconds to add to an instant to get the wall time. */
  readonly offset: number;
}

const DAY_MS = 86_400_000;
/** No zone changes its clock twice within so many days. */
const PROBE_MS = 7 * DAY_MS;
/** A span is looked at in pieces of at most so many days: most zones change within, or never. */
const PIECE_MS = 400 * DAY_MS;
/** Spans that a zone remembers; the oldest is forgotten. */
const SPANS_MAX = 32;
/** Zones that are remembered: there are some 600 names. */
const ZONES_MAX = 1_000;

/** The clock of a place: when which offset holds. Found by asking `Intl`, and remembered. */
export class Zone {
  readonly name: string;
  readonly #format: Intl.DateTimeFormat;
  readonly #spans: ZoneSpan[] = [];

  constructor(name: string) {
    this.name = name;
    this.#format = new Intl.DateTimeFormat("en-US", {
      timeZone: name,
      hourCycle: "h23",
      era: "short",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
  }

  /** The span that holds this instant. Its ends may be nearer than the next change of the clock. */
  spanAt(instant: number): ZoneSpan {
    const known = this.#spans.find(({ from, until }) => from <= instant && instant < until);
    if (known !== undefined) return known;
    const span = this.#find(instant);
    if (this.#spans.length >= SPANS_MAX) this.#spans.shift();
    this.#spans.push(span);
    return span;
  }

  offsetAt(instant: number): number {
    return this.spanAt(instant).offset;
  }

  /**
   * The instant at which the clock shows this wall time (milliseconds as if it were UTC), as Go's `time.Date`
   * chooses it: of a time that comes twice one, and for a time that is skipped the one with the offset that
   * holds on one side of the gap.
   */
  instantOf(wall: number): number {
    const guess = this.offsetAt(wall);
    const instant = wall - guess;
    const offset = this.offsetAt(instant);
    return offset === guess ? instant : wall - offset;
  }

  #find(instant: number): ZoneSpan {
    const offset = this.#ask(instant);
    const until = this.#edge(instant, offset, PROBE_MS);
    const from = this.#edge(instant, offset, -PROBE_MS);
    return { from, until, offset };
  }

  /** First instant beyond the span in the direction of `step`, or as far as a piece goes. */
  #edge(instant: number, offset: number, step: number): number {
    let inside = Math.floor(instant / 1_000) * 1_000;
    const end = inside + Math.sign(step) * PIECE_MS;
    for (let probe = inside + step; Math.abs(probe - inside) > 0; probe += step) {
      if (this.#ask(probe) !== offset) return this.#bisect(inside, probe, offset);
      inside = probe;
      if (Math.abs(inside - end) < Math.abs(step)) break;
    }
    return inside;
  }

  /** The change between an instant inside and one outside, to the second. */
  #bisect(inside: number, outside: number, offset: number): number {
    while (Math.abs(outside - inside) > 1_000) {
      const middle = Math.floor((inside + outside) / 2_000) * 1_000;
      if (this.#ask(middle) === offset) inside = middle;
      else outside = middle;
    }
    return Math.max(inside, outside);
  }

  #ask(instant: number): number {
    const part: Record<string, string> = {};
    for (const { type, value } of this.#format.formatToParts(instant)) part[type] = value;
    const year = part["era"] === "BC" ? 1 - Number(part["year"]) : Number(part["year"]);
    const wall = Date.UTC(
      year,
      Number(part["month"]) - 1,
      Number(part["day"]),
      Number(part["hour"]),
      Number(part["minute"]),
      Number(part["second"]),
    );
    return wall - Math.floor(instant / 1_000) * 1_000;
  }
}

const zones = new Map<string, Zone | undefined>();

/**
 * The zone of this name, or undefined. Names are those of the IANA list, in its spelling: Go, and so
 * Kubernetes, tells `europe/berlin` from `Europe/Berlin`. "" is UTC.
 */
export function zoneNamed(name: string): Zone | undefined {
  if (zones.has(name)) return zones.get(name);
  const zone = makeZone(name === "" ? "UTC" : name);
  if (zones.size >= ZONES_MAX) zones.clear();
  zones.set(name, zone);
  return zone;
}

export function isZone(name: string): boolean {
  return zoneNamed(name) !== undefined;
}

function makeZone(name: string): Zone | undefined {
  if (!hasSpelling(name)) return undefined;
  try {
    return new Zone(name);
  } catch {
    return undefined;
  }
}

/** Parts of names that have no lower-case letter. */
const CAPITALS =
  /^(?:ACT|LHI|NSW|[CEW]ET|MET|(?:CST6C|EST5E|MST7M|PST8P)DT|EST|HST|MST|GMT0?|GMT[+-]\d{1,2}|GB|NZ|NZ-CHAT|PRC|ROC|ROK|UCT|US|UTC|W-SU)$/;

/** `Intl` takes names in any case and offsets such as `+01:00`; the list has one spelling of each. */
function hasSpelling(name: string): boolean {
  return name
    .split("/")
    .every((part) => CAPITALS.test(part) || (/^[A-Z]/.test(part) && /[a-z]/.test(part)));
}
