import type { ServerCall } from "@nodetcd/grpc";

/** How long a call that waits for others may go on: until its client is gone. */
export class CallScope {
  readonly #call: ServerCall;
  #waiting: (() => void) | undefined;

  constructor(call: ServerCall) {
    this.#call = call;
    call.onCancel = () => this.#waiting?.();
  }

  get cancelled(): boolean {
    return this.#call.cancelled;
  }

  /** Calls `onCancel` when the client goes away; only the last one given is called. */
  whileWaiting(onCancel: () => void): void {
    if (this.#call.cancelled) onCancel();
    else this.#waiting = onCancel;
  }

  doneWaiting(): void {
    this.#waiting = undefined;
  }
}
