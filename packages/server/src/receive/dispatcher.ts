import { Services, type UnaryCall } from "@nodetcd/grpc";
import { type AnyMethod, type MessageCodec, METHODS, type MethodPath } from "@nodetcd/messages";
import type { CallMeter } from "../measure/call-meter.ts";
import type { Caller } from "../wire/caller.ts";
import { failCall, failRecipe, failStream } from "../wire/error-map.ts";
import type { Admission } from "./admission.ts";
import {
  type Answer,
  type ClientCall,
  type ClientStream,
  type Handlers,
  PENDING,
  type Reply,
  type ServerStreamHandler,
  type StreamHandler,
  type UnaryHandler,
} from "./handler.ts";

/** Answers a call whose request is not even decoded, within a microsecond or so; false: it did not. */
export type QuickHandler = (bytes: Uint8Array, call: UnaryCall, caller: Caller) => boolean;

/** Short cuts of hot methods; they are admitted and measured like everything else. */
export type QuickHandlers = Partial<Record<MethodPath, QuickHandler>>;

type Fail = (call: ClientCall, error: unknown) => void;

/** Services whose refusals have a form of their own. */
const FAILURES: Partial<Record<string, Fail>> = {
  "v3lockpb.Lock": failRecipe,
  "v3electionpb.Election": failRecipe,
};

/**
 * The one way in, the same for every method of the table: admitted -> decoded -> allowed -> handled ->
 * encoded or refused, and measured from beginning to end.
 */
export class Dispatcher {
  readonly services: Services = new Services();
  readonly #admission: Admission;
  readonly #meter: CallMeter;

  constructor(admission: Admission, meter: CallMeter) {
    this.#admission = admission;
    this.#meter = meter;
  }

  /** Registers the whole table. */
  register(handlers: Handlers, quick: QuickHandlers): void {
    for (const [service, methods] of Object.entries(METHODS)) {
      const own: object = handlers[service as keyof Handlers];
      for (const [name, row] of Object.entries(methods)) {
        const method = row as AnyMethod;
        // The mapped type `Handlers` has tied each handler to its row.
        const handler: unknown = Reflect.get(own, name);
        if (method.kind === "unary") {
          this.#unary(method, handler as UnaryHandler<unknown, unknown>, quick[method.path]);
        } else if (method.kind === "server_stream") {
          const stream = this.#serverStream(method, handler as ServerStreamHandler<unknown>);
          this.#stream(method, stream);
        } else this.#stream(method, handler as StreamHandler);
      }
    }
  }

  #unary(
    method: AnyMethod,
    handler: UnaryHandler<unknown, unknown>,
    quick: QuickHandler | undefined,
  ): void {
    const meter = this.#meter.unary(method);
    const request: MessageCodec<unknown> = method.request;
    const response: MessageCodec<unknown> = method.response;
    const fail = FAILURES[method.service] ?? failCall;
    const reply = (call: ClientCall, message: Reply<unknown>): void =>
      call.reply(message instanceof Uint8Array ? message : response.encode(message));

    const answer = (call: ClientCall, given: Answer<unknown>): void => {
      if (given === PENDING) return;
      if (given instanceof Promise) {
        given.then(
          (message: Reply<unknown>) => reply(call, message),
          (error: unknown) => fail(call, error),
        );
      } else reply(call, given as Reply<unknown>);
    };
    const gate = this.#admission(method.path);
    const refuse = (call: ClientCall, error: unknown): void =>
      failCall(call, gate.refusal(call.bytes, error));
    const handle = (call: ClientCall): void => {
      try {
        const message = request.decode(call.bytes);
        try {
          gate.allow(message, call.caller);
        } catch (error) {
          refuse(call, error);
          return;
        }
        answer(call, handler(message, call));
      } catch (error) {
        failCall(call, error);
      }
    };
    this.services.unary(method.path, (bytes, raw) => {
      let caller: Caller | Promise<Caller>;
      try {
        caller = gate.admit(raw);
      } catch (error) {
        refuse(meter.begin(bytes, raw), error);
        return;
      }
      if (caller instanceof Promise) {
        const call = meter.begin(bytes, raw);
        caller.then(
          (who) => handle(call.by(who)),
          (error: unknown) => refuse(call, error),
        );
        return;
      }
      if (quick !== undefined) {
        meter.quick.begin();
        if (quick(bytes, raw, caller)) {
          meter.quick.end();
          meter.count(raw);
          return;
        }
      }
      handle(meter.begin(bytes, raw).by(caller));
    });
  }

  #serverStream(method: AnyMethod, handler: ServerStreamHandler<unknown>): StreamHandler {
    const gate = this.#admission(method.path);
    return (call) => {
      call.onMessage = (bytes) => {
        try {
          const request: unknown = method.request.decode(bytes);
          gate.allow(request, call.caller);
          const given = handler(request, call);
          given.catch((error: unknown) => failCall(call, error));
        } catch (error) {
          failStream(call, error);
        }
      };
    };
  }

  #stream(method: AnyMethod, handler: StreamHandler): void {
    if (method.kind === "unary") return;
    const meter = this.#meter.stream(method);
    const gate = this.#admission(method.path);
    const admitted = (call: ClientStream): void => {
      try {
        const caller = gate.admit(call);
        if (caller instanceof Promise) {
          call.pause();
          caller.then(
            (who) => {
              handler(call.by(who));
              call.resume();
            },
            (error: unknown) => failCall(call, error),
          );
        } else handler(call.by(caller));
      } catch (error) {
        failCall(call, error);
      }
    };
    this.services.stream(method.path, method.kind, meter(admitted));
  }
}
