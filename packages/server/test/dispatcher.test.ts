import { LocalTransport } from "@nodetcd/grpc";
import { METHOD_LIST, type MethodPath } from "@nodetcd/messages";
import { silentLogger } from "@nodetcd/runtime";
import { nodeRuntime } from "@nodetcd/runtime/node";
import { describe, expect, test } from "vitest";
import { defaultConfig } from "../src/config.ts";
import { RequestError } from "../src/errors.ts";
import { CallMeter } from "../src/measure/call-meter.ts";
import type { Gate } from "../src/receive/admission.ts";
import { Dispatcher, type QuickHandlers } from "../src/receive/dispatcher.ts";
import type { Handlers } from "../src/receive/handler.ts";

/** Handlers that remember which of them was reached. */
function recordingHandlers(reached: string[]): { handlers: Handlers; quick: QuickHandlers } {
  const services: Record<string, Record<string, unknown>> = {};
  const quick: QuickHandlers = {};
  for (const { service, name, path, kind } of METHOD_LIST) {
    const short = service.split(".").at(-1)!;
    services[short] ??= {};
    services[short][name] = () => {
      reached.push(path);
      return kind === "unary" ? {} : Promise.resolve();
    };
    if (kind !== "unary") continue;
    quick[path] = () => {
      reached.push(`quick ${path}`);
      return false;
    };
  }
  return { handlers: services as unknown as Handlers, quick };
}

/** How a call with an empty request ends: its error's text, or "". */
function endOf(transport: LocalTransport, path: string): Promise<string> {
  const stream = transport.stream(path, { timeoutMs: 200 });
  return new Promise((resolve) => {
    stream.onMessage = () => undefined;
    stream.onEnd = ({ message }) => resolve(message);
    stream.send(new Uint8Array(0));
    stream.halfClose();
  });
}

function dispatch(
  admit: (path: MethodPath) => ReturnType<Gate["admit"]>,
  allow: (path: MethodPath) => void = () => undefined,
): {
  transport: LocalTransport;
  reached: string[];
} {
  const reached: string[] = [];
  const { handlers, quick } = recordingHandlers(reached);
  const meter = new CallMeter(nodeRuntime, defaultConfig, silentLogger);
  const dispatcher = new Dispatcher(
    (path) => ({
      admit: () => admit(path),
      allow: () => allow(path),
      refusal: (_bytes, error) => error,
    }),
    meter,
  );
  dispatcher.register(handlers, quick);
  return { transport: new LocalTransport(dispatcher.services, nodeRuntime.clock), reached };
}

describe("Dispatcher", () => {
  test.each(["at once", "later"])(
    "no method is reached around the admission (refused %s)",
    async (when) => {
      const asked: string[] = [];
      const { transport, reached } = dispatch((path) => {
        asked.push(path);
        const refusal = new RequestError("INVALID_AUTH_TOKEN");
        if (when === "later") return Promise.reject(refusal);
        throw refusal;
      });
      for (const { path } of METHOD_LIST) {
        expect([path, await endOf(transport, path)]).toEqual([
          path,
          "etcdserver: invalid auth token",
        ]);
      }
      expect(reached).toEqual([]);
      expect(new Set(asked)).toEqual(new Set(METHOD_LIST.map(({ path }) => path)));
    },
  );

  test("every method of the table is reached once it is admitted", async () => {
    const { transport, reached } = dispatch(() =>
      Promise.resolve({ user: "ann", authRevision: 1, fields: new Uint8Array(0) }),
    );
    await Promise.all(METHOD_LIST.map(({ path }) => endOf(transport, path)));
    expect(new Set(reached)).toEqual(new Set(METHOD_LIST.map(({ path }) => path)));
  });
});
