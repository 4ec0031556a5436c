import { type CallObserver, Client, EtcdError, type UnaryMethod } from "@nodetcd/client";
import { Status } from "@nodetcd/grpc";
import type { Init } from "@nodetcd/messages";
import { goDuration } from "@nodetcd/runtime";
import type { Output } from "../output.ts";
import { jsonFormat } from "../log/format.ts";
import { EXIT, ExitError } from "../command-line/exit.ts";
import { errorText } from "./error-text.ts";
import { failureLine } from "./failure-line.ts";
import type { Details, OutputForm, Replies, ReplyKind } from "./output/replies.ts";

/** etcd's limit for what a client sends: 2 MiB. */
const MAX_REQUEST_BYTES = 2 * 1_024 * 1_024;

export interface SessionSettings {
  readonly endpoints: readonly string[];
  /** A client of these endpoints, with the flags for TLS, users and so on. */
  readonly open: (endpoints: readonly string[], onCall?: CallObserver) => Client;
  readonly form: OutputForm;
  readonly formName: string;
  readonly hex: boolean;
  /** `--command-timeout`, and whether it was given. */
  readonly timeoutMs: number;
  readonly isTimeoutGiven: boolean;
  /** 0: the default. */
  readonly maxRequestBytes: number;
  readonly out: Output;
  readonly err: Output;
}

/** The server's side of a command: calls that fail as etcdctl's do, and replies shown in the form that was asked for. */
export class Session {
  readonly settings: SessionSettings;
  readonly client: Client;

  constructor(settings: SessionSettings) {
    this.settings = settings;
    this.client = settings.open(settings.endpoints, ({ method }) => ({ error }) => {
      if (error !== undefined) this.#logFailure(method, error);
    });
  }

  /** The same for one endpoint. */
  at(endpoint: string): Session {
    return new Session({ ...this.settings, endpoints: [endpoint] });
  }

  get timeoutMs(): number {
    return this.settings.timeoutMs;
  }

  /**
   * One call. A failure is raised as `EtcdError`; it is logged as etcd's client does, as those of all calls of `client`.
   *
   * @param timeoutMs default: `--command-timeout`
   */
  async call<Request, Response>(
    method: UnaryMethod<Request, Response>,
    request: Init<Request>,
    timeoutMs: number = this.timeoutMs,
  ): Promise<Response> {
    const limit = this.settings.maxRequestBytes || MAX_REQUEST_BYTES;
    const size = method.request.encode(request).length;
    if (size > limit) {
      const message = `trying to send message larger than max (${size} vs. ${limit})`;
      const error = new EtcdError("UNKNOWN", message, { status: Status.RESOURCE_EXHAUSTED });
      this.#logFailure(method.path, error);
      throw error;
    }
    return await this.client.call(method, request, { timeoutMs });
  }

  /** A call whose failure ends the program. */
  async send<Request, Response>(
    method: UnaryMethod<Request, Response>,
    request: Init<Request>,
    options: { code?: number; timeoutMs?: number; words?: string } = {},
  ): Promise<Response> {
    try {
      return await this.call(method, request, options.timeoutMs);
    } catch (error) {
      const text = errorText(error);
      const { words } = options;
      throw new ExitError(
        options.code ?? EXIT.error,
        words === undefined ? text : `${words} (${text})`,
      );
    }
  }

  /** Shows a reply on standard output. */
  show<Kind extends ReplyKind>(
    kind: Kind,
    reply: Replies[Kind],
    details: Partial<Details> = {},
  ): void {
    const { form, formName, hex, out } = this.settings;
    const render = form[kind] as
      ((reply: Replies[Kind], details: Details) => string | Uint8Array) | undefined;
    if (render === undefined) {
      throw new ExitError(EXIT.badFeature, `${formName} not supported as output format`);
    }
    const shown = render(reply, { hex, ...details });
    out.write(typeof shown === "string" ? Buffer.from(shown, "latin1") : shown);
    out.flush();
  }

  get isSimple(): boolean {
    return this.settings.formName === "simple";
  }

  /** A line of text on standard output. */
  say(text: string): void {
    this.settings.out.write(`${text}\n`);
    this.settings.out.flush();
  }

  /** A line of text on standard error. */
  complain(text: string): void {
    this.settings.err.write(`${text}\n`);
    this.settings.err.flush();
  }

  /** A log line on standard error, as etcd's programs write them. */
  log(
    level: "info" | "warn",
    message: string,
    fields: Readonly<Record<string, string | number>>,
  ): void {
    this.complain(jsonFormat(level, Date.now(), message, fields));
  }

  #logFailure(method: string, error: EtcdError): void {
    this.settings.err.write(failureLine(method, this.settings.endpoints, error));
    this.settings.err.flush();
  }
}

/** How long ago, as Go prints it. @param sinceMs of a monotonic clock */
export function took(sinceMs: number, nowMs: number): string {
  return goDuration(nowMs - sinceMs);
}
