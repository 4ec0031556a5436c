import type { UnaryCall } from "@nodetcd/grpc";
import type { RequestError } from "../errors.ts";
import { failCall } from "../wire/error-map.ts";
import type { Waiter } from "./in-flight.ts";

/** Answers a client's call. */
export class CallWaiter implements Waiter {
  deadline = 0;
  bytes = 0;
  readonly #call: UnaryCall;

  constructor(call: UnaryCall) {
    this.#call = call;
  }

  succeed(reply: Uint8Array): void {
    this.#call.reply(reply);
  }

  fail(error: RequestError): void {
    failCall(this.#call, error);
  }
}

/** Settles a promise: for requests that the member makes itself. */
export class PromiseWaiter implements Waiter {
  deadline = 0;
  bytes = 0;
  readonly result: Promise<Uint8Array>;
  #resolve: (reply: Uint8Array) => void = () => undefined;
  #reject: (error: RequestError) => void = () => undefined;

  constructor() {
    this.result = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  succeed(reply: Uint8Array): void {
    this.#resolve(reply);
  }

  fail(error: RequestError): void {
    this.#reject(error);
  }
}
