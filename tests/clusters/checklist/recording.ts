/** What members say to each other: every connection that goes through the links, with the time of each piece. */
import { MessageType, RaftMessage } from "@nodetcd/messages";
import type { Tap } from "../peer-links.ts";

interface Piece {
  readonly at: number;
  readonly bytes: Buffer;
}

/** One connection: who dialled whom, what was asked and what came back. */
export interface Recorded {
  readonly from: () => string;
  readonly to: string;
  readonly port: number;
  readonly at: number;
  readonly forth: Piece[];
  readonly back: Piece[];
}

export type StreamKind = "message" | "msgapp";

/** A message of a stream and when it came. */
export interface Heard {
  readonly at: number;
  readonly message: RaftMessage;
}

/** A frame of a stream of appends: 0 is a sign of life, 1 the short form, 2 a whole message. */
export interface AppendFrame {
  readonly at: number;
  readonly type: number;
  readonly entries: number;
}

const textOf = (pieces: readonly Piece[]): string =>
  Buffer.concat(pieces.map(({ bytes }) => bytes)).toString("latin1");

/** The head of a request or an answer, and what follows it. */
function cutHead(pieces: readonly Piece[]): { head: string; body: Buffer; at: number } {
  const all = Buffer.concat(pieces.map(({ bytes }) => bytes));
  const end = all.indexOf("\r\n\r\n");
  if (end < 0) return { head: all.toString("latin1"), body: Buffer.alloc(0), at: all.length };
  return { head: all.toString("latin1", 0, end), body: all.subarray(end + 4), at: end + 4 };
}

/** The links wait for the whole head before they hand the first piece on. */
export const requestOf = ({ forth }: Recorded): string => cutHead(forth.slice(0, 1)).head;
export const endsInOrder = ({ back }: Recorded): boolean => textOf(back).endsWith("\r\n0\r\n\r\n");

/** The content of a body in chunks, and where in the body each of its bytes stood. */
function dechunk(body: Buffer): { bytes: Buffer; places: [from: number, at: number][] } {
  const parts: Buffer[] = [];
  const places: [number, number][] = [];
  let length = 0;
  for (let at = 0; ;) {
    const line = body.indexOf("\r\n", at);
    const size = line < 0 ? 0 : parseInt(body.toString("latin1", at, line), 16);
    const begin = line + 2;
    if (!(size > 0) || body.length < begin + size) return { bytes: Buffer.concat(parts), places };
    places.push([length, begin]);
    parts.push(body.subarray(begin, begin + size));
    length += size;
    at = begin + size + 2;
  }
}

/** Bytes of a stream's frames, with the time at which the chunk of each came. */
function streamOf({ back }: Recorded): { bytes: Buffer; timeAt: (offset: number) => number } {
  const { body, at: bodyAt } = cutHead(back);
  const { bytes, places } = dechunk(body);
  const timeAt = (offset: number): number => {
    const [, chunkAt] = places.findLast(([from]) => from <= offset) ?? [0, 0];
    let length = 0;
    for (const piece of back) {
      length += piece.bytes.length;
      if (length > bodyAt + chunkAt) return piece.at;
    }
    return back.at(-1)?.at ?? 0;
  };
  return { bytes, timeAt };
}

/** Of a stream of messages: what was heard, signs of life (to nobody) too. */
export function messagesOf(line: Recorded): Heard[] {
  const { bytes, timeAt } = streamOf(line);
  const heard: Heard[] = [];
  for (let at = 0; at + 8 <= bytes.length;) {
    const size = Number(bytes.readBigUInt64BE(at));
    if (at + 8 + size > bytes.length) break;
    heard.push({
      at: timeAt(at),
      message: RaftMessage.decode(bytes.subarray(at + 8, at + 8 + size)),
    });
    at += 8 + size;
  }
  return heard;
}

export function appendsOf(line: Recorded): AppendFrame[] {
  const { bytes, timeAt } = streamOf(line);
  const frames: AppendFrame[] = [];
  const u64 = (at: number): number =>
    at + 8 <= bytes.length ? Number(bytes.readBigUInt64BE(at)) : Infinity;
  for (let at = 0; at < bytes.length;) {
    const type = bytes[at]!;
    let [next, entries] = [at + 1, 0];
    if (type === 1) {
      entries = u64(next);
      next += 8;
      for (let i = 0; i < entries && next < bytes.length; i++) next += 8 + u64(next);
      next += 8;
    } else if (type === 2) {
      const size = u64(next);
      if (next + 8 + size <= bytes.length) {
        entries = RaftMessage.decode(bytes.subarray(next + 8, next + 8 + size)).entries.length;
      }
      next += 8 + size;
    }
    if (!(next <= bytes.length)) break;
    frames.push({ at: timeAt(at), type, entries });
    at = next;
  }
  return frames;
}

export const isSignOfLife = ({ message }: Heard): boolean =>
  message.type === MessageType.MsgHeartbeat && message.to === 0n;

export interface Posted {
  readonly from: () => string;
  readonly head: string;
  readonly body: Buffer;
}

export class Recording {
  readonly lines: Recorded[] = [];

  readonly tap: Tap = ({ from, to, port }) => {
    const line: Recorded = { from, to, port, at: performance.now(), forth: [], back: [] };
    this.lines.push(line);
    return (isForth, bytes) =>
      void (isForth ? line.forth : line.back).push({ at: performance.now(), bytes });
  };

  /** Connections that asked for a path that begins so. */
  asked(start: string): Recorded[] {
    return this.lines.filter((line) => requestOf(line).startsWith(start));
  }

  /** The last request of each connection that brought a body in chunks to a path; it may come behind others. */
  posted(path: string, since = 0): Posted[] {
    return this.lines.flatMap(({ forth, from }) => {
      const all = Buffer.concat(forth.map(({ bytes }) => bytes));
      const begin = all.lastIndexOf(`POST ${path} HTTP/1.1\r\n`);
      if (begin < 0) return [];
      let length = 0;
      const first = forth.find(({ bytes }) => (length += bytes.length) > begin)!;
      if (first.at < since) return [];
      const { head, body } = cutHead([{ at: first.at, bytes: all.subarray(begin) }]);
      return [{ from, head, body: dechunk(body).bytes }];
    });
  }

  /** Streams that were granted. */
  streams(kind: StreamKind): Recorded[] {
    const asked = this.asked(`GET /raft/stream/${kind}/`);
    return asked.filter((line) => textOf(line.back.slice(0, 1)).startsWith("HTTP/1.1 200"));
  }
}
