import { getEventListeners } from "node:events";
import { Services, Status } from "@nodetcd/grpc";
import { nodeRuntime } from "@nodetcd/runtime/node";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Client, type EtcdError } from "../src/client.ts";
import { firstAbort } from "../src/first-abort.ts";

const warnings: Error[] = [];
const onWarning = (warning: Error): void => void warnings.push(warning);
beforeEach(() => process.on("warning", onWarning));
afterEach(() => {
  process.off("warning", onWarning);
  expect(warnings.splice(0)).toEqual([]);
});

const moment = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const listeners = (signal: AbortSignal): number => getEventListeners(signal, "abort").length;

function connect(services: Services): Client {
  return new Client({ runtime: nodeRuntime, services });
}

test("1,000 calls, watches and snapshots on one signal: one listener, all cancelled, none left", async () => {
  const services = new Services();
  let begun = 0;
  services.unary("/etcdserverpb.KV/Put", () => void begun++);
  services.stream("/etcdserverpb.Watch/Watch", "bidi_stream", () => void begun++);
  services.stream("/etcdserverpb.Maintenance/Snapshot", "server_stream", () => void begun++);
  const client = connect(services);
  const controller = new AbortController();
  const { signal } = controller;
  const code = ({ code }: EtcdError): string => code;
  const calls = Array.from({ length: 1_000 }, () => client.put("a", "1", { signal }).catch(code));
  const watches = Array.from({ length: 1_000 }, () => client.watch("a", { signal }).next());
  const snapshots = Array.from({ length: 1_000 }, () =>
    client.maintenance.snapshot({ signal }).next().catch(code),
  );
  while (begun < 3_000) await moment();
  expect(listeners(signal)).toBe(1);
  controller.abort();
  expect(new Set(await Promise.all([...calls, ...snapshots]))).toEqual(new Set(["CANCELLED"]));
  for (const { done } of await Promise.all(watches)) expect(done).toBe(true);
  expect(listeners(signal)).toBe(0);
  await expect(client.maintenance.snapshot({ signal }).next()).rejects.toMatchObject({
    code: "CANCELLED",
  });
  expect(listeners(signal)).toBe(0);
  client.close();
});

test("1,000 calls that wait for their next try: all cancelled, no listener left", async () => {
  const services = new Services();
  let tried = 0;
  services.unary("/etcdserverpb.KV/Range", (_request, call) => {
    tried++;
    call.fail(Status.UNAVAILABLE, "etcdserver: no leader");
  });
  const client = new Client({
    runtime: nodeRuntime,
    services,
    retry: { waitMs: 60_000, maxWaitMs: 60_000 },
    timeoutMs: Infinity,
  });
  const controller = new AbortController();
  const { signal } = controller;
  const codes = Array.from({ length: 1_000 }, () =>
    client.get("a", { signal }).then(
      () => "none",
      ({ code }: EtcdError) => code,
    ),
  );
  while (tried < 1_000) await moment();
  await moment();
  expect(listeners(signal)).toBe(1);
  controller.abort();
  expect(new Set(await Promise.all(codes))).toEqual(new Set(["CANCELLED"]));
  expect(listeners(signal)).toBe(0);
  client.close();
});

test("firstAbort: aborted with the reason of whichever is first, also of one that is already", () => {
  const [a, b] = [new AbortController(), new AbortController()];
  const first = firstAbort([a.signal, b.signal]);
  expect(first.signal.aborted).toBe(false);
  b.abort("b");
  a.abort("a");
  expect([first.signal.aborted, first.signal.reason]).toEqual([true, "b"]);
  expect(firstAbort([new AbortController().signal, a.signal]).signal.reason).toBe("a");
});

test("firstAbort: leaves nothing at its sources once released", () => {
  const sources = [new AbortController(), new AbortController()].map(({ signal }) => signal);
  const all = Array.from({ length: 100 }, () => firstAbort(sources));
  expect(sources.map(listeners)).toEqual([1, 1]);
  for (const { release } of all) release();
  expect(sources.map(listeners)).toEqual([0, 0]);
});
