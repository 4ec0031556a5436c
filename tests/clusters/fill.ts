/** Many writes in little time: so many that a member that is away meanwhile is far behind. */
import { Channel, RpcError, Status } from "@nodetcd/grpc";
import { METHODS, PutRequest } from "@nodetcd/messages";
import { nodeClock, nodeNetwork } from "@nodetcd/runtime/node";
import { sleep } from "./patience.ts";

const CONNECTIONS = 4;
/** Too much waits to be applied, or the leader changes: the same put is tried again. */
const TRIED_AGAIN: readonly number[] = [Status.RESOURCE_EXHAUSTED, Status.UNAVAILABLE];
const PAUSE_MS = 20;
const PATIENCE_MS = 60_000;
const PROGRESS_MS = 10_000;

export interface Filling {
  readonly what: string;
  readonly port: number;
  /** Puts in all, and on their way at a time. */
  readonly count: number;
  readonly inFlight: number;
  readonly key: (i: number) => string;
  readonly value: Uint8Array;
}

/** Says how far it is every ten seconds. Rejects with the first failure; the puts after it are not begun. */
export async function fill(filling: Filling): Promise<void> {
  const { what, port, count, inFlight } = filling;
  const options = { network: nodeNetwork, clock: nodeClock, host: "127.0.0.1", port };
  const channels = Array.from({ length: CONNECTIONS }, () => new Channel(options));
  const began = performance.now();
  let next = 0;
  const say = (): void => {
    const seconds = (performance.now() - began) / 1_000;
    console.log(`  ${what}: ${next} of ${count} puts after ${seconds.toFixed(0)} s`);
  };
  const progress = setInterval(say, PROGRESS_MS);
  const work = async (channel: Channel): Promise<void> => {
    while (next < count) await putPatiently(channel, filling, next++);
  };
  try {
    await Promise.all(Array.from({ length: inFlight }, (_, i) => work(channels[i % CONNECTIONS]!)));
    say();
  } finally {
    next = count;
    clearInterval(progress);
    for (const channel of channels) channel.close();
  }
}

async function putPatiently(channel: Channel, filling: Filling, i: number): Promise<void> {
  const request = PutRequest.encode({ key: Buffer.from(filling.key(i)), value: filling.value });
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      await channel.unary(METHODS.KV.Put.path, request);
      return;
    } catch (error) {
      const isTriedAgain = error instanceof RpcError && TRIED_AGAIN.includes(error.code);
      if (!isTriedAgain || Date.now() > deadline) throw error;
    }
    await sleep(PAUSE_MS);
  }
}
