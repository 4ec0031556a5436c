import type { ServerCall } from "@nodetcd/grpc";

/** How long a call that waits for others may go on: until its client is gone. */
export class CallScope {
  readonly #call: ServerCall;
  #waiting: (() => void) | undefined;
  #withdraw: (() => void) | undefined;

  constructor(call: ServerCall) {
    this.#call = call;
    call.onCancel = () => {
      this.#withdraw?.();
      this.#waiting?.();
    };
  }

  get cancelled(): boolean {
    return this.#call.cancelled;
  }

  /** Calls `onCancel` when the client goes away; only the last one given is called. */
  whileWaiting(onCancel: () => void): void {
    if (this.#call.cancelled) onCancel();
    else this.#waiting = onCancel;
  }

  /**
   * Runs `work` once: when the client goes away, in that very turn, so that it comes before what the
   * client asks for next; or when the answer is called, whose promise is that of the one run.
   */
  withdrawal(work: () => Promise<unknown>): () => Promise<unknown> {
    let begun: Promise<unknown> | undefined;
    const withdraw = (): Promise<unknown> => (begun ??= work());
    // A failure is raised where the answer is awaited.
    this.#withdraw = () => void withdraw().catch(() => undefined);
    if (this.cancelled) this.#withdraw();
    return withdraw;
  }

  doneWaiting(): void {
    this.#waiting = undefined;
  }
}
