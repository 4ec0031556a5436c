/** What clients do to a server: watches on many streams, puts at a rate, keepalives. */
import { createHistogram, type RecordableHistogram } from "node:perf_hooks";
import { Channel, type ClientStream } from "@nodetcd/grpc";
import {
  type Init,
  METHODS,
  PutRequest,
  type WatchCreateRequest,
  WatchRequest,
} from "@nodetcd/messages";
import { nodeClock, nodeNetwork } from "@nodetcd/runtime/node";
import { now, readResponse, type Seen, stampedValue } from "./response.ts";

const WATCH_PATH = METHODS.Watch.Watch.path;
const PUT_PATH = METHODS.KV.Put.path;
const MICROSECONDS = 1000;

export const sleep = (ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, ms));

export function openChannel(port: number): Channel {
  return new Channel({ network: nodeNetwork, clock: nodeClock, host: "127.0.0.1", port });
}

/** Latencies in milliseconds. */
export class Latency {
  readonly #histogram: RecordableHistogram = createHistogram();

  add(ms: number): void {
    this.#histogram.record(Math.max(1, Math.round(ms * MICROSECONDS)));
  }
  at(percentile: number): number {
    return this.#histogram.count === 0
      ? NaN
      : this.#histogram.percentile(percentile) / MICROSECONDS;
  }
  reset(): void {
    this.#histogram.reset();
  }
}

export interface WatchPlan {
  readonly connections: number;
  readonly streamsPerConnection: number;
  readonly watchesPerStream: number;
  /** What the n-th watch of all watches. */
  readonly create: (n: number) => Init<WatchCreateRequest>;
}

/** Watches over many streams, which counts what comes for them. */
export class Watches {
  readonly latency: Latency = new Latency();
  readonly channels: Channel[];
  readonly streams: ClientStream[] = [];
  created = 0;
  events = 0;
  canceled = 0;
  readonly #plan: WatchPlan;

  constructor(port: number, plan: WatchPlan) {
    this.#plan = plan;
    this.channels = Array.from({ length: plan.connections }, () => openChannel(port));
    let next = 0;
    for (const channel of this.channels) {
      for (let i = 0; i < plan.streamsPerConnection; i++) {
        this.streams.push(this.#open(channel, next));
        next += plan.watchesPerStream;
      }
    }
  }

  /** Creates go out a hundred at a time, so that they do not all wait for the first answers. */
  #open(channel: Channel, first: number): ClientStream {
    const { watchesPerStream, create } = this.#plan;
    const stream = channel.stream(WATCH_PATH);
    const seen: Seen = { watchId: 0, created: false, canceled: false, events: 0, sentAt: NaN };
    let sent = 0;
    const send = (): void => {
      const createRequest = create(first + sent++);
      stream.send(WatchRequest.encode({ createRequest }));
    };
    stream.onMessage = (message) => {
      readResponse(message, seen);
      if (seen.canceled) this.canceled++;
      if (seen.created) {
        this.created++;
        if (sent < watchesPerStream) send();
      }
      if (seen.events === 0) return;
      this.events += seen.events;
      this.latency.add(now() - seen.sentAt);
    };
    while (sent < Math.min(watchesPerStream, 100)) send();
    return stream;
  }

  async allCreated(timeoutMs: number): Promise<void> {
    const { connections, streamsPerConnection, watchesPerStream } = this.#plan;
    const all = connections * streamsPerConnection * watchesPerStream;
    await until(() => this.created >= all, timeoutMs);
    if (this.created < all) throw new Error(`${this.created} of ${all} watches were created`);
  }

  close(): void {
    for (const channel of this.channels) channel.close();
  }
}

/** Looks each 2 ms; false when time is over. */
export async function until(reached: () => boolean, timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  while (!reached()) {
    if (performance.now() > deadline) return false;
    await sleep(2);
  }
  return true;
}

export interface PutPlan {
  readonly key: (n: number) => string;
  readonly valueBytes: number;
}

/** Puts of stamped values. */
export class Puts {
  readonly latency: Latency = new Latency();
  readonly channels: Channel[];
  readonly #plan: PutPlan;
  sent = 0;
  answered = 0;
  failed = 0;

  constructor(port: number, connections: number, plan: PutPlan) {
    this.channels = Array.from({ length: connections }, () => openChannel(port));
    this.#plan = plan;
  }

  one(done: () => void = () => undefined): void {
    const n = this.sent++;
    const { key, valueBytes } = this.#plan;
    const request = PutRequest.encode({
      key: Buffer.from(key(n)),
      value: stampedValue(valueBytes),
    });
    const sentAt = performance.now();
    const channel = this.channels[n % this.channels.length]!;
    channel.unaryCallback(PUT_PATH, request, (error) => {
      if (error === undefined) this.answered++;
      else this.failed++;
      this.latency.add(performance.now() - sentAt);
      done();
    });
  }

  /** As many a second as wished, however long the server takes; at most `inFlightMax` wait for it. */
  async atRate(perSecond: number, seconds: number, inFlightMax = 20_000): Promise<void> {
    const started = performance.now();
    const first = this.sent;
    for (;;) {
      const elapsed = (performance.now() - started) / 1000;
      if (elapsed >= seconds) break;
      const due = first + Math.floor(elapsed * perSecond);
      while (this.sent < due && this.sent - this.answered - this.failed < inFlightMax) this.one();
      await sleep(1);
    }
    await until(() => this.answered + this.failed >= this.sent, 30_000);
  }

  /** Keeps `inFlight` calls under way until `count` were sent or the time is over. */
  async closedLoop(inFlight: number, count: number, seconds = Infinity): Promise<void> {
    const last = this.sent + count;
    const end = performance.now() + seconds * 1000;
    const loop = (): Promise<void> =>
      new Promise((resolve) => {
        const next = (): void => {
          if (this.sent >= last || performance.now() >= end) resolve();
          else this.one(next);
        };
        next();
      });
    await Promise.all(Array.from({ length: inFlight }, loop));
  }

  close(): void {
    for (const channel of this.channels) channel.close();
  }
}
