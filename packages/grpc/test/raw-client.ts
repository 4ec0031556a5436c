import * as net from "node:net";
import { HpackEncoder } from "../src/hpack/encoder.ts";
import { CLIENT_PREFACE, FrameType, writeFrameHeader } from "../src/http2/frame.ts";
import { FrameReader } from "../src/http2/frame-reader.ts";

export interface RawFrame {
  readonly type: number;
  readonly flags: number;
  readonly id: number;
  readonly payload: Buffer;
}

export function frame(type: number, flags: number, id: number, payload: Uint8Array): Buffer {
  const bytes = Buffer.alloc(9 + payload.length);
  writeFrameHeader(bytes, 0, payload.length, type, flags, id);
  bytes.set(payload, 9);
  return bytes;
}

export const EMPTY_SETTINGS: Buffer = frame(FrameType.SETTINGS, 0, 0, Buffer.alloc(0));

/** The header block of a call, without use of the dynamic table. */
export function requestBlock(path: string, extra: readonly [string, string][] = []): Uint8Array {
  const fields: [string, string][] = [
    [":method", "POST"],
    [":scheme", "http"],
    [":path", path],
    [":authority", "localhost"],
    ["content-type", "application/grpc"],
    ["te", "trailers"],
    ...extra,
  ];
  return new HpackEncoder().encode(
    fields.map(([name, value]) => ({ name, value, indexing: "plain" as const })),
  );
}

/** A client that says whatever it is told to, byte for byte. */
export class RawClient {
  readonly socket: net.Socket;
  readonly frames: RawFrame[] = [];
  closed = false;

  constructor(port: number) {
    this.socket = net.connect({ host: "127.0.0.1", port, noDelay: true });
    const reader = new FrameReader({
      closing: false,
      onFrame: (type, flags, id, bytes, start, end) =>
        this.frames.push({ type, flags, id, payload: Buffer.from(bytes.subarray(start, end)) }),
    });
    this.socket.on("data", (chunk: Buffer) => reader.read(chunk));
    this.socket.on("error", () => undefined);
    this.socket.on("close", () => (this.closed = true));
  }

  /** Sends the preface and empty settings. */
  open(): this {
    this.socket.write(Buffer.concat([CLIENT_PREFACE, EMPTY_SETTINGS]));
    return this;
  }

  send(...frames: Uint8Array[]): void {
    this.socket.write(Buffer.concat(frames));
  }

  /** The first frame that fits, past or future. */
  async frame(matches: (frame: RawFrame) => boolean): Promise<RawFrame> {
    const found = await this.until(() => this.frames.find(matches));
    return found;
  }

  /** The code and text of the GOAWAY that the server ends the connection with. */
  async goAway(): Promise<{ code: number; text: string }> {
    const { payload } = await this.frame(({ type }) => type === FrameType.GOAWAY);
    return { code: payload.readUInt32BE(4), text: payload.subarray(8).toString() };
  }

  async until<T>(value: () => T | undefined | false): Promise<T> {
    const end = Date.now() + 150_000;
    for (;;) {
      const found = value();
      if (found !== undefined && found !== false) return found;
      if (Date.now() > end) throw new Error("Nothing of the kind in time");
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }
}
