/** How a load reaches the members, be they processes or simulated. */
import type { Init, Method } from "@nodetcd/messages";
import { Connection } from "../rpc.ts";

export interface Caller {
  /** Of the member, for people. */
  readonly name: string;
  call<Request, Reply>(method: Method<Request, Reply>, request: Init<Request>): Promise<Reply>;
}

/** Milliseconds after which an unanswered call counts as lost. */
const CALL_TIMEOUT_MS = 3_000;

/** Calls one process; connects anew after its connection was lost. */
export class ProcessCaller implements Caller {
  readonly name: string;
  readonly #url: string;
  readonly #timeoutMs: number;
  #connection: Connection | undefined;
  /** Sent with every call. */
  metadata: Readonly<Record<string, string>> = {};

  constructor(name: string, url: string, timeoutMs: number = CALL_TIMEOUT_MS) {
    this.name = name;
    this.#url = url;
    this.#timeoutMs = timeoutMs;
  }

  call<Request, Reply>(method: Method<Request, Reply>, request: Init<Request>): Promise<Reply> {
    if (this.#connection?.isClosed !== false) this.#connection = new Connection(this.#url);
    return this.#connection.call(method, request, this.#timeoutMs, this.metadata);
  }

  close(): void {
    this.#connection?.close();
  }
}
