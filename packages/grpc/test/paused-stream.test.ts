import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { nodeClock, nodeNetwork } from "@nodetcd/runtime/node";
import { expect, test } from "vitest";
import { Channel, type StreamCall } from "../src/grpc.ts";
import { serve } from "./test-server.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

function bufferMiB(): number {
  collect();
  return process.memoryUsage().arrayBuffers / 2 ** 20;
}

test("a paused stream holds its own bytes, not what came from the socket together with them", async () => {
  const peer = await serve();
  const calls: StreamCall[] = [];
  peer.services.stream("/m.M/Events", "bidi_stream", (call) => calls.push(call));
  const address = { host: "127.0.0.1", port: peer.port };
  const channel = new Channel({ network: nodeNetwork, clock: nodeClock, ...address });
  let slowMessages = 0;
  let quickMessages = 0;
  const slow = channel.stream("/m.M/Events");
  slow.onMessage = () => slowMessages++;
  slow.send(Buffer.from("a"));
  await expect.poll(() => calls.length).toBe(1);
  const quick = channel.stream("/m.M/Events");
  quick.onMessage = () => quickMessages++;
  quick.send(Buffer.from("b"));
  await expect.poll(() => calls.length).toBe(2);
  calls[0]!.send(Buffer.alloc(100));
  await expect.poll(() => slowMessages).toBe(1);
  slow.pause();

  const before = bufferMiB();
  const rounds = 500;
  for (let round = 1; round <= rounds; round++) {
    calls[0]!.send(Buffer.alloc(100, round));
    calls[1]!.send(Buffer.alloc(60_000, round));
    while (quickMessages < round) await new Promise((resolve) => setImmediate(resolve));
  }
  expect(slowMessages).toBe(1);
  // Not at the first collection: buffers are given back in the background.
  await expect.poll(() => bufferMiB() - before).toBeLessThan(8);
  slow.resume();
  await expect.poll(() => slowMessages).toBe(rounds + 1);
  channel.close();
  await peer.close();
});
