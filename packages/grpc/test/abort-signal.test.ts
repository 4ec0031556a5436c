import { getEventListeners } from "node:events";
import { nodeClock, nodeNetwork } from "@nodetcd/runtime/node";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Channel, LocalTransport, Services, Status, type Transport } from "../src/grpc.ts";
import { onAbort } from "../src/on-abort.ts";
import { serve } from "./test-server.ts";

const CALLS = 1_000;
const NOTHING = new Uint8Array(0);

const warnings: Error[] = [];
const onWarning = (warning: Error): void => void warnings.push(warning);
beforeEach(() => process.on("warning", onWarning));
afterEach(() => {
  process.off("warning", onWarning);
  expect(warnings.splice(0)).toEqual([]);
});

/** Warnings are reported a moment after their cause. */
const moment = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function listeners({ signal }: AbortController): number {
  return getEventListeners(signal, "abort").length;
}

const TRANSPORTS: Record<string, (services: Services) => Promise<[Transport, () => unknown]>> = {
  async Channel(services) {
    const peer = await serve({ services });
    const options = { network: nodeNetwork, clock: nodeClock, host: "127.0.0.1", port: peer.port };
    return [new Channel(options), () => peer.close()];
  },
  async LocalTransport(services) {
    return [new LocalTransport(services, nodeClock), () => undefined];
  },
};

describe.each(Object.entries(TRANSPORTS))("%s", (_name, connect) => {
  test(`${CALLS} calls and as many streams share a signal: all are cancelled, no listener is left`, async () => {
    const services = new Services();
    let begun = 0;
    services.unary("/a.A/Never", () => void begun++);
    services.stream("/a.A/Stream", "bidi_stream", () => void begun++);
    const [transport, close] = await connect(services);
    const controller = new AbortController();
    const { signal } = controller;
    const ends: Promise<number>[] = [];
    for (let i = 0; i < CALLS; i++) {
      const call = transport.unary("/a.A/Never", NOTHING, { signal });
      ends.push(call.catch((error: { code: number }) => error.code).then(Number));
      const stream = transport.stream("/a.A/Stream", { signal });
      ends.push(new Promise((resolve) => (stream.onEnd = ({ code }) => resolve(code))));
    }
    while (begun < 2 * CALLS) await moment();
    expect(listeners(controller)).toBe(1);
    controller.abort();
    expect(new Set(await Promise.all(ends))).toEqual(new Set([Status.CANCELLED]));
    expect(listeners(controller)).toBe(0);
    transport.close();
    await close();
  });

  test("calls that end by themselves leave no listener at their signal", async () => {
    const services = new Services();
    services.unary("/a.A/Echo", (request, call) => call.reply(request));
    services.stream("/a.A/Stream", "bidi_stream", (call) => call.finish());
    const [transport, close] = await connect(services);
    const controller = new AbortController();
    const { signal } = controller;
    for (let round = 0; round < 2; round++) {
      const calls = Array.from({ length: 50 }, () =>
        transport.unary("/a.A/Echo", NOTHING, { signal }),
      );
      const stream = transport.stream("/a.A/Stream", { signal });
      const end = new Promise((resolve) => (stream.onEnd = resolve));
      await expect(
        transport.unary("/a.A/Unknown", NOTHING, { signal, timeoutMs: 5_000 }),
      ).rejects.toMatchObject({ code: Status.UNIMPLEMENTED });
      await Promise.all([...calls, end]);
      expect(listeners(controller)).toBe(0);
    }
    transport.close();
    await close();
  });
});

test("onAbort: a listener that was taken back is not called, whoever else stays", async () => {
  const controller = new AbortController();
  const heard: string[] = [];
  const hear = (name: string): (() => void) =>
    onAbort(controller.signal, () => void heard.push(name));
  const forgetFirst = hear("first");
  hear("second");
  const forgetThird = onAbort(controller.signal, () => heard.push("third"));
  onAbort(controller.signal, forgetThird);
  forgetFirst();
  forgetFirst();
  controller.abort();
  expect(heard).toEqual(["second", "third"]);
  forgetThird();
  hear("too late");
  expect(heard).toEqual(["second", "third"]);
  expect(listeners(controller)).toBe(0);
});

test("onAbort: a listener taken back by one before it is not called", () => {
  const controller = new AbortController();
  const heard: string[] = [];
  let forget = (): void => undefined;
  onAbort(controller.signal, () => forget());
  forget = onAbort(controller.signal, () => heard.push("forgotten"));
  controller.abort();
  expect(heard).toEqual([]);
});
