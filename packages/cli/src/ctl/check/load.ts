import { randomBytes } from "node:crypto";
import { EtcdError } from "@nodetcd/client";
import { METHODS } from "@nodetcd/messages";
import { errorText } from "../error-text.ts";
import type { Session } from "../session.ts";

export interface LoadOptions {
  readonly prefix: string;
  /** Connections, each with one write under way. */
  readonly clients: number;
  readonly keyBytes: number;
  readonly valueBytes: number;
  readonly stop: AbortSignal;
  /** Writes a second in all. Default: as many as go. */
  readonly rate?: number;
  /** Writes in all. Default: until the time is up. */
  readonly count?: number;
  readonly durationMs?: number;
  readonly onDone: (done: number, elapsedMs: number) => void;
}

export interface Load {
  /** Seconds of each write that succeeded. */
  readonly seconds: number[];
  readonly errors: Map<string, number>;
  readonly totalSeconds: number;
}

/** Gives out turns, no more of them than the rate allows. */
class Turns {
  readonly #options: LoadOptions;
  readonly #startedAt = performance.now();
  #given = 0;

  constructor(options: LoadOptions) {
    this.#options = options;
  }

  get elapsedMs(): number {
    return performance.now() - this.#startedAt;
  }

  /** False: there are no more. */
  async take(): Promise<boolean> {
    const { rate = Infinity, count = Infinity, durationMs = Infinity, stop } = this.#options;
    if (this.#given >= count) return false;
    const at = (this.#given++ * 1_000) / rate;
    const wait = at - this.elapsedMs;
    if (at >= durationMs || stop.aborted) return false;
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    return !stop.aborted && this.elapsedMs < durationMs;
  }
}

/** Writes random keys below a prefix, and measures each write. */
export async function checkLoad(session: Session, options: LoadOptions): Promise<Load> {
  const turns = new Turns(options);
  const result: Load = { seconds: [], errors: new Map(), totalSeconds: 0 };
  const value = new Uint8Array(options.valueBytes);
  const work = async (): Promise<void> => {
    const client = session.settings.open(session.settings.endpoints);
    try {
      while (await turns.take()) {
        const key = Buffer.concat([Buffer.from(options.prefix), randomKey(options.keyBytes)]);
        const startedAt = performance.now();
        try {
          await client.call(METHODS.KV.Put, { key, value }, { timeoutMs: Infinity });
          result.seconds.push((performance.now() - startedAt) / 1_000);
        } catch (error) {
          if (!(error instanceof EtcdError)) throw error;
          const text = errorText(error);
          result.errors.set(text, (result.errors.get(text) ?? 0) + 1);
        }
        options.onDone(result.seconds.length, turns.elapsedMs);
      }
    } finally {
      client.close();
    }
  };
  await Promise.all(Array.from({ length: options.clients }, work));
  return { ...result, totalSeconds: turns.elapsedMs / 1_000 };
}

/** A random number in front, zeros behind it. */
function randomKey(size: number): Uint8Array {
  const key = new Uint8Array(size);
  key.set(randomBytes(8));
  return key;
}

/** Rates and seconds of a load. */
export function statistics({ seconds, totalSeconds }: Load): {
  perSecond: number;
  slowest: number;
  deviation: number;
} {
  const count = Math.max(1, seconds.length);
  const mean = seconds.reduce((sum, one) => sum + one, 0) / count;
  const variance = seconds.reduce((sum, one) => sum + (one - mean) ** 2, 0) / count;
  const slowest = seconds.reduce((most, one) => Math.max(most, one), 0);
  return {
    perSecond: seconds.length / totalSeconds,
    slowest,
    deviation: Math.sqrt(variance),
  };
}
