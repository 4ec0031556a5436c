import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LocalTransport, RpcError } from "@nodetcd/grpc";
import * as messages from "@nodetcd/messages";
import type { Init, MessageCodec } from "@nodetcd/messages";
import { type Logger, type LogFields, type Runtime, silentLogger } from "@nodetcd/runtime";
import { nodeRuntime } from "@nodetcd/runtime/node";
import { defaultConfig, type Member, type MemberConfig, startMember } from "../../src/server.ts";

export const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));
export const text = (value: Uint8Array): string => Buffer.from(value).toString();

/** Collects log lines as `level message`. */
export function recordingLogger(): { logger: Logger; lines: string[] } {
  const lines: string[] = [];
  const at =
    (level: string) =>
    (message: string, fields: LogFields = {}): void =>
      void lines.push(`${level} ${message} ${Object.keys(fields).join(" ")}`);
  return {
    lines,
    logger: { ...silentLogger, info: at("info"), warn: at("warn"), error: at("error") },
  };
}

/** A stream whose messages can be waited for. */
export interface TestStream<Reply> {
  send(message: Uint8Array): void;
  /** The next message; fails when the stream ends first. */
  next(): Promise<Reply>;
  /** How the stream ends. */
  readonly ended: Promise<{ code: number; message: string }>;
  cancel(): void;
  halfClose(): void;
}

/** A member on a temporary directory, called without a socket. */
export class TestMember {
  readonly member: Member;
  readonly directory: string;
  readonly transport: LocalTransport;

  constructor(member: Member, directory: string) {
    this.member = member;
    this.directory = directory;
    this.transport = new LocalTransport(member.services, nodeRuntime.clock);
  }

  async call<Request, Reply>(
    path: string,
    request: MessageCodec<Request>,
    reply: MessageCodec<Reply>,
    fields: Init<Request>,
  ): Promise<Reply> {
    const answer = await this.transport.unary(`/${path}`, request.encode(fields));
    // A plain Uint8Array, so that bytes compare equal whatever class they came in.
    return reply.decode(new Uint8Array(answer));
  }

  put(
    key: string,
    value: string,
    more: Init<messages.PutRequest> = {},
  ): Promise<messages.PutResponse> {
    const fields = { key: bytes(key), value: bytes(value), ...more };
    return this.call("etcdserverpb.KV/Put", messages.PutRequest, messages.PutResponse, fields);
  }

  range(key: string, more: Init<messages.RangeRequest> = {}): Promise<messages.RangeResponse> {
    const fields = { key: bytes(key), ...more };
    return this.call(
      "etcdserverpb.KV/Range",
      messages.RangeRequest,
      messages.RangeResponse,
      fields,
    );
  }

  delete(
    key: string,
    more: Init<messages.DeleteRangeRequest> = {},
  ): Promise<messages.DeleteRangeResponse> {
    const { DeleteRangeRequest, DeleteRangeResponse } = messages;
    const fields = { key: bytes(key), ...more };
    return this.call(
      "etcdserverpb.KV/DeleteRange",
      DeleteRangeRequest,
      DeleteRangeResponse,
      fields,
    );
  }

  txn(fields: Init<messages.TxnRequest>): Promise<messages.TxnResponse> {
    return this.call("etcdserverpb.KV/Txn", messages.TxnRequest, messages.TxnResponse, fields);
  }

  compact(revision: number, physical = false): Promise<messages.CompactionResponse> {
    const { CompactionRequest, CompactionResponse } = messages;
    const fields = { revision, physical };
    return this.call("etcdserverpb.KV/Compact", CompactionRequest, CompactionResponse, fields);
  }

  grant(ttl: number, id = 0n): Promise<messages.LeaseGrantResponse> {
    const { LeaseGrantRequest, LeaseGrantResponse } = messages;
    return this.call("etcdserverpb.Lease/LeaseGrant", LeaseGrantRequest, LeaseGrantResponse, {
      ttl,
      id,
    });
  }

  stream<Reply>(
    path: string,
    reply: MessageCodec<Reply>,
    metadata: ReadonlyMap<string, string> = new Map(),
  ): TestStream<Reply> {
    const stream = this.transport.stream(`/${path}`, { metadata });
    const arrived: Reply[] = [];
    const waiting: { resolve: (message: Reply) => void; reject: (error: Error) => void }[] = [];
    stream.onMessage = (message) => {
      const decoded = reply.decode(message);
      const waiter = waiting.shift();
      if (waiter === undefined) arrived.push(decoded);
      else waiter.resolve(decoded);
    };
    let over: RpcError | undefined;
    const ended = new Promise<{ code: number; message: string }>((resolve) => {
      stream.onEnd = ({ code, message }) => {
        over = new RpcError(code, message);
        for (const { reject } of waiting) reject(over);
        resolve({ code, message });
      };
    });
    return {
      send: (message) => void stream.send(message),
      next: () => {
        const message = arrived.shift();
        if (message !== undefined) return Promise.resolve(message);
        if (over !== undefined) return Promise.reject(over);
        return new Promise((resolve, reject) => waiting.push({ resolve, reject }));
      },
      ended,
      cancel: () => stream.cancel(),
      halfClose: () => stream.halfClose(),
    };
  }

  async stop(): Promise<void> {
    this.transport.close();
    await this.member.stop();
  }
}

export function temporaryDirectory(): string {
  return mkdtempSync(join(tmpdir(), "nodetcd-server-"));
}

export const testConfig: MemberConfig = {
  ...defaultConfig,
  listenClientUrls: [],
  listenPeerUrls: [],
};

/** Starts a member; on a fresh directory unless one is given. */
export async function startTestMember(
  options: Partial<MemberConfig> = {},
  logger: Logger = silentLogger,
  runtime: Runtime = nodeRuntime,
): Promise<TestMember> {
  const dataDir = options.dataDir ?? temporaryDirectory();
  const member = await startMember(runtime, { ...testConfig, ...options, dataDir }, logger);
  return new TestMember(member, dataDir);
}

/** Stops a member and removes its directory. */
export async function dispose(member: TestMember | undefined): Promise<void> {
  if (member === undefined) return;
  await member.stop();
  rmSync(member.directory, { recursive: true, force: true });
}

/** The status of a call that must fail. */
export async function failure(call: Promise<unknown>): Promise<{ code: number; message: string }> {
  try {
    await call;
  } catch (error) {
    if (error instanceof RpcError) return { code: error.code, message: error.message };
    throw error;
  }
  throw new Error("The call was expected to fail");
}
