import { HANDSHAKE_TIMEOUT_MS, HANDSHAKES_BEGUN_PER_TURN, HANDSHAKES_MAX } from "../../limits.ts";

/** Why a handshake ends before it is over: it took too long, there are too many, or nobody is served any more. */
export type CutReason = "timeout" | "too-many" | "closing";

/** A connection on its way through the handshake. */
export interface Handshake {
  /** Does the expensive part. */
  begin(): void;
  cut(why: CutReason): void;
}

export interface HandshakeBounds {
  readonly timeoutMs: number;
  readonly max: number;
  readonly begunPerTurn: number;
}

export const HANDSHAKE_BOUNDS: HandshakeBounds = {
  timeoutMs: HANDSHAKE_TIMEOUT_MS,
  max: HANDSHAKES_MAX,
  begunPerTurn: HANDSHAKES_BEGUN_PER_TURN,
};

/**
 * Bounds the handshakes under way: in time, in number, and in how many begin in one turn of the loop, so that a crowd
 * of strangers neither fills memory nor holds up those that are connected. When there are too many the oldest
 * gives way: an honest client needs milliseconds.
 */
export class Handshakes {
  readonly #bounds: HandshakeBounds;
  /** Oldest first, with what ends each. */
  readonly #open = new Map<Handshake, NodeJS.Timeout>();
  #ready = new Set<Handshake>();
  #planned = false;

  constructor(bounds: HandshakeBounds = HANDSHAKE_BOUNDS) {
    this.#bounds = bounds;
  }

  get size(): number {
    return this.#open.size;
  }

  add(handshake: Handshake): void {
    if (this.#open.size >= this.#bounds.max) {
      const [oldest] = this.#open.keys();
      this.#cut(oldest!, "too-many");
    }
    const timer = setTimeout(() => this.#cut(handshake, "timeout"), this.#bounds.timeoutMs);
    this.#open.set(handshake, timer.unref());
  }

  /** Its first bytes are there. `begin` is called in this turn of the loop or a later one. */
  ready(handshake: Handshake): void {
    this.#ready.add(handshake);
    this.#plan();
  }

  /** It is through, or over. False: it was before. */
  delete(handshake: Handshake): boolean {
    const timer = this.#open.get(handshake);
    if (timer === undefined) return false;
    clearTimeout(timer);
    this.#ready.delete(handshake);
    return this.#open.delete(handshake);
  }

  cutAll(): void {
    for (const handshake of this.#open.keys()) this.#cut(handshake, "closing");
  }

  #cut(handshake: Handshake, why: CutReason): void {
    if (this.delete(handshake)) handshake.cut(why);
  }

  #plan(): void {
    if (this.#planned || this.#ready.size === 0) return;
    this.#planned = true;
    setImmediate(() => {
      this.#planned = false;
      let begun = 0;
      for (const handshake of this.#ready) {
        if (begun++ === this.#bounds.begunPerTurn) break;
        this.#ready.delete(handshake);
        handshake.begin();
      }
      this.#plan();
    });
  }
}
