/** A name server for tests: addresses and services (RFC 1035, RFC 2782) over UDP; what it does not know does not exist. */
import { createSocket } from "node:dgram";

const [A, SRV, INTERNET] = [1, 33, 1];
const HEADER_BYTES = 12;
/** A response, authoritative, recursion available. */
const ANSWER = 0x8580;
const NO_SUCH_NAME = 3;

export interface NameRecords {
  /** IPv4 addresses by host. */
  readonly hosts: Readonly<Record<string, string>>;
  /** By name, such as `_etcd-server._tcp.example.test`. */
  readonly services: Readonly<Record<string, readonly { host: string; port: number }[]>>;
}

function encodeName(name: string): Buffer {
  const labels = name.split(".").flatMap((label) => [Buffer.of(label.length), Buffer.from(label)]);
  return Buffer.concat([...labels, Buffer.of(0)]);
}

/** Name and type that a query asks for, and where its question ends. */
function decodeQuestion(query: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = [];
  let at = HEADER_BYTES;
  for (; query[at] !== 0; at += 1 + query[at]!) {
    labels.push(query.toString("latin1", at + 1, at + 1 + query[at]!));
  }
  return { name: labels.join(".").toLowerCase(), type: query.readUInt16BE(at + 1), end: at + 5 };
}

function contentsOf({ hosts, services }: NameRecords, name: string, type: number): Buffer[] {
  if (type === A && hosts[name] !== undefined) {
    return [Buffer.from(hosts[name].split(".").map(Number))];
  }
  if (type !== SRV) return [];
  return (services[name] ?? []).map(({ host, port }) => {
    const [priority, weight] = [0, 0];
    const head = Buffer.alloc(6);
    for (const [i, value] of [priority, weight, port].entries()) head.writeUInt16BE(value, 2 * i);
    return Buffer.concat([head, encodeName(host)]);
  });
}

function answer(records: NameRecords, query: Buffer): Buffer {
  const { name, type, end } = decodeQuestion(query);
  const contents = contentsOf(records, name, type);
  const isKnown = name in records.hosts || name in records.services;
  const header = Buffer.from(query.subarray(0, HEADER_BYTES));
  header.writeUInt16BE(ANSWER | (isKnown ? 0 : NO_SUCH_NAME), 2);
  // One question, as it came; no authorities, nothing beside.
  for (const [i, count] of [1, contents.length, 0, 0].entries())
    header.writeUInt16BE(count, 4 + 2 * i);
  const entries = contents.map((content) => {
    const fixed = Buffer.alloc(12);
    // A pointer to the name in the question; then type, class, seconds to live, length.
    fixed.writeUInt16BE(0xc000 | HEADER_BYTES, 0);
    fixed.writeUInt16BE(type, 2);
    fixed.writeUInt16BE(INTERNET, 4);
    fixed.writeUInt16BE(content.length, 10);
    return Buffer.concat([fixed, content]);
  });
  return Buffer.concat([header, query.subarray(HEADER_BYTES, end), ...entries]);
}

/** Serves on this address, port 53, until the answer is called. */
export async function serveNames(records: NameRecords, address: string): Promise<() => void> {
  const socket = createSocket("udp4");
  socket.on("message", (query, { port, address: asker }) =>
    socket.send(answer(records, query), port, asker),
  );
  await new Promise<void>((resolve, reject) => {
    socket.once("error", reject);
    socket.bind(53, address, resolve);
  });
  return () => socket.close();
}
