import { requestToken } from "@nodetcd/auth";
import { WireReader } from "@nodetcd/bytes";
import { type ServerCall, Status, type StatusCode } from "@nodetcd/grpc";
import {
  type AnyMethod,
  AuthenticateRequest,
  type MessageCodec,
  METHODS,
  RangeResponseTags,
  ResponseHeaderTags,
  WatchResponse,
} from "@nodetcd/messages";
import type { Clock, Digests } from "@nodetcd/runtime";
import type { CallAudit } from "../measure/call-audit.ts";
import type { MeteredStream, StreamAudit } from "../measure/metered-stream.ts";
import type { UnaryAudit } from "../measure/metered-unary.ts";
import { ANYBODY, type Caller } from "../wire/caller.ts";
import { type AuditRecord, auditLine, type How } from "./line.ts";
import type { AuditQueue } from "./queue.ts";
import type { AuditRules } from "./rules.ts";
import { NO_SUBJECT, type Subject, subjectOf } from "./subject.ts";

export interface AuditLogOptions {
  readonly queue: Pick<AuditQueue, "push">;
  readonly rules: AuditRules;
  readonly hashKeys: boolean;
  readonly clock: Clock;
  readonly digests: Digests;
  /** Who makes a call; raises or rejects for a wrong token. */
  readonly identify: (call: ServerCall) => Caller | Promise<Caller>;
}

type AuditedCall = ServerCall & { readonly caller: Caller };

/** What is known of a request before it is known who made it. */
type Event = Omit<AuditRecord, "timeMs" | "user" | "how" | "remote" | "method" | "withKeys">;

const STATUS_NAMES: readonly string[] = Object.keys(Status);
/** A watch that is refused is told so in a message of about this length at most, without events. */
const REFUSAL_BYTES_MAX = 1_024;

/** Who did what: a line for each unary call, for each message of a stream, and for a stream's end. */
export class AuditLog implements CallAudit {
  readonly #options: AuditLogOptions;

  constructor(options: AuditLogOptions) {
    this.#options = options;
  }

  unary(method: AnyMethod): UnaryAudit {
    return (call, reply, code, error, tookMs) => {
      const cancelled = reply !== undefined && call.cancelled;
      this.#tell(method, call, call.bytes, {
        subject: subject(method, call.bytes),
        revision: reply === undefined ? undefined : revisionOf(reply),
        outcome: STATUS_NAMES[cancelled ? Status.CANCELLED : code] ?? String(code),
        error,
        tookMs,
      });
    };
  }

  stream(method: AnyMethod): StreamAudit {
    const isWatch = method.path === METHODS.Watch.Watch.path;
    /** What server streams were asked for: their end tells it again. */
    const asked = new WeakMap<MeteredStream, Subject>();
    const tell = (call: MeteredStream, given: Partial<Event>): void =>
      this.#tell(method, call, undefined, { ...RECEIVED, ...given });
    return {
      received: (call, bytes) => {
        const about = subject(method, bytes);
        if (method.kind === "server_stream") asked.set(call, about);
        tell(call, { subject: about });
      },
      sent: (call, bytes) => {
        if (!isWatch || bytes.length > REFUSAL_BYTES_MAX) return;
        const { canceled, cancelReason, watchId, header } = WatchResponse.decode(bytes);
        if (!canceled || cancelReason === "") return;
        const about: Subject = { ranges: [], target: `watch ${watchId}` };
        const revision = header?.revision;
        tell(call, { subject: about, outcome: "REFUSED", error: cancelReason, revision });
      },
      ended: (call, code: StatusCode, error, tookMs) => {
        const outcome = STATUS_NAMES[code] ?? String(code);
        tell(call, { subject: asked.get(call) ?? NO_SUBJECT, outcome, error, tookMs });
      },
    };
  }

  #tell(method: AnyMethod, call: AuditedCall, bytes: Uint8Array | undefined, event: Event): void {
    const { rules, queue, clock } = this.#options;
    const level = rules.level(method.path, event.subject);
    if (level === "none") return;
    const timeMs = clock.wallTime() - (event.tookMs ?? 0);
    const { service, name } = method;
    const push = (user: string, how: How): void => {
      const short = `${service.split(".").at(-1) ?? service}/${name}`;
      const withKeys = level === "keys";
      const who = { timeMs, user, how, remote: call.peer, method: short, withKeys };
      queue.push(auditLine({ ...event, ...who }, this.#options));
    };
    if (bytes !== undefined && method.path === METHODS.Auth.Authenticate.path) {
      push(nameIn(bytes), "password");
      return;
    }
    const caller = this.#callerOf(call);
    const known = ({ user }: Caller): void => push(user, howOf(call, user));
    if (caller instanceof Promise) caller.then(known, () => known(ANYBODY));
    else known(caller);
  }

  /** Handlers that ask for themselves who calls do not say so. */
  #callerOf(call: AuditedCall): Caller | Promise<Caller> {
    if (call.caller !== ANYBODY) return call.caller;
    try {
      return this.#options.identify(call);
    } catch {
      return ANYBODY;
    }
  }
}

const RECEIVED: Event = {
  subject: NO_SUBJECT,
  revision: undefined,
  outcome: "RECEIVED",
  error: "",
  tookMs: undefined,
};

function howOf(call: ServerCall, user: string): How {
  if (user === "") return "none";
  return requestToken((key) => call.metadata.get(key)) === undefined ? "certificate" : "token";
}

/** Of a request that cannot be read nothing is known. */
function subject(method: AnyMethod, bytes: Uint8Array): Subject {
  try {
    const codec: MessageCodec<unknown> = method.request;
    return subjectOf(method.path, codec.decode(bytes));
  } catch {
    return NO_SUBJECT;
  }
}

function nameIn(bytes: Uint8Array): string {
  try {
    return AuthenticateRequest.decode(bytes).name;
  } catch {
    return "";
  }
}

/** Replies that have a header begin with it; other replies have no field of this tag in front. */
function revisionOf(reply: Uint8Array): number | undefined {
  try {
    const reader = new WireReader(reply);
    if (reader.done || reader.uint32() !== RangeResponseTags.header) return undefined;
    const header = new WireReader(reply, reader.position, reply.length);
    const length = header.uint32();
    const end = header.position + length;
    const fields = new WireReader(reply, header.position, end);
    while (!fields.done) {
      const tag = fields.uint32();
      if (tag === ResponseHeaderTags.revision) return fields.counter();
      fields.skip(tag);
    }
  } catch {
    return undefined;
  }
  return undefined;
}
