import { ServerError } from "./errors.ts";

/** The first reason why the member cannot go on. */
export class Failure {
  readonly promise: Promise<ServerError>;
  #resolve: (error: ServerError) => void = () => undefined;

  constructor() {
    this.promise = new Promise((resolve) => (this.#resolve = resolve));
  }

  isReported = false;

  report(error: unknown): void {
    this.isReported = true;
    if (error instanceof ServerError) {
      this.#resolve(error);
      return;
    }
    const text = error instanceof Error ? error.message : String(error);
    this.#resolve(new ServerError("STORAGE_FAILED", text, { cause: error }));
  }

  /** Rejects when there is one. */
  async raise(): Promise<never> {
    throw await this.promise;
  }
}
