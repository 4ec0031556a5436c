/** What else goes on while a member is told to stop: streams that are open, and clients that do not read. */
import { connect as connectTcp, createServer, type Server, type Socket } from "node:net";
import {
  LeaseKeepAliveRequest,
  METHODS,
  RangeRequest,
  SnapshotRequest,
  WatchRequest,
} from "@nodetcd/messages";
import { Connection, type RpcStream } from "../rpc.ts";
import type { Seeded } from "../seeded.ts";
import type { Records } from "./record.ts";

const SNAPSHOT_PATH = METHODS.Maintenance.Snapshot.path;
const ALL = { key: Uint8Array.of(0), rangeEnd: Uint8Array.of(0) };
/** What clients may have said when they stop saying anything. */
const BEGINNINGS = [
  "",
  "PRI * HTTP/2.0\r\n",
  "GET /metrics HTTP/1.1\r\nhost: a\r\n",
  "POST /health HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\nab",
];
/** Pause between two keepalives, in milliseconds. */
const KEEP_ALIVE_MS = 20;
/** How long a client that falls silent reads before, in milliseconds. */
const READ_FIRST_MS = 30;

/** A lease that nothing else uses: above those of `Load`. */
let lastLease = 1n << 40n;

export class Company {
  readonly #connections: Connection[] = [];
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #silent: SilentLine[] = [];
  readonly #stalled: Socket[] = [];

  /** A watch and a keepalive stream; by chance downloads and clients that stop reading. */
  constructor(url: string, records: Records, random: Seeded) {
    this.#watch(this.#connect(url));
    this.#keepAlive(this.#connect(url), records);
    if (random.chance(50)) this.#download(this.#connect(url), SNAPSHOT_PATH);
    if (random.chance(30)) this.#download(this.#connect(url), METHODS.KV.RangeStream.path);
    if (random.chance(50)) this.#stalled.push(...BEGINNINGS.map((said) => beginOnly(url, said)));
    if (random.chance(50)) void this.#fallSilent(url, random.chance(50));
  }

  close(): void {
    for (const timer of this.#timers) clearInterval(timer);
    for (const connection of this.#connections) connection.close();
    for (const line of this.#silent) line.close();
    for (const socket of this.#stalled) socket.destroy();
  }

  #connect(url: string): Connection {
    const connection = new Connection(url);
    this.#connections.push(connection);
    return connection;
  }

  #watch(connection: Connection): RpcStream {
    const stream = connection.open(METHODS.Watch.Watch.path, ignore, ignore);
    stream.send(WatchRequest.encode({ createRequest: { ...ALL, prevKv: true } }));
    return stream;
  }

  #keepAlive(connection: Connection, records: Records): void {
    const id = ++lastLease;
    records.unansweredGrants.add(id);
    connection.call(METHODS.Lease.LeaseGrant, { id, ttl: 100_000 }).then(() => {
      records.unansweredGrants.delete(id);
      records.grantedLeases.add(id);
      const stream = connection.open(METHODS.Lease.LeaseKeepAlive.path, ignore, ignore);
      const beat = (): void => {
        if (!connection.isClosed) stream.send(LeaseKeepAliveRequest.encode({ id }));
      };
      this.#timers.push(setInterval(beat, KEEP_ALIVE_MS));
    }, ignore);
  }

  /** Again and again, until the server is gone. */
  #download(connection: Connection, path: string): void {
    const request = path === SNAPSHOT_PATH ? SnapshotRequest.encode({}) : RangeRequest.encode(ALL);
    const again = (): void => {
      if (connection.isClosed) return;
      const stream = connection.open(path, ignore, ({ code }) => {
        if (code === 0) again();
      });
      stream.send(request);
      stream.end();
    };
    again();
  }

  /** Asks for a watch of everything, and for a download, and stops reading: nothing leaves the server any more. */
  async #fallSilent(url: string, download: boolean): Promise<void> {
    const line = await SilentLine.open(url);
    this.#silent.push(line);
    const connection = this.#connect(line.url);
    this.#watch(connection);
    if (download) this.#download(connection, SNAPSHOT_PATH);
    this.#timers.push(setTimeout(() => line.stopReading(), READ_FIRST_MS));
  }
}

/** A line to a server on which one can stop reading for good: what the server sends stays in its socket. */
class SilentLine {
  readonly url: string;
  readonly #server: Server;
  readonly #sockets: Socket[] = [];
  #silent = false;

  constructor(server: Server, url: string, target: URL) {
    this.#server = server;
    this.url = url;
    server.on("connection", (client) => {
      const upstream = connectTcp(Number(target.port), target.hostname);
      this.#sockets.push(client, upstream);
      client.on("data", (chunk) => void upstream.write(chunk));
      upstream.on("data", (chunk) => void client.write(chunk));
      for (const socket of [client, upstream]) socket.on("error", ignore);
      upstream.on("close", () => client.destroy());
      if (this.#silent) upstream.pause();
    });
  }

  static open(target: string): Promise<SilentLine> {
    const server = createServer();
    return new Promise((resolve) => {
      server.listen(0, "127.0.0.1", () => {
        const address = server.address();
        const port = typeof address === "object" && address !== null ? address.port : 0;
        resolve(new SilentLine(server, `http://127.0.0.1:${port}`, new URL(target)));
      });
    });
  }

  stopReading(): void {
    this.#silent = true;
    for (const socket of this.#sockets) socket.pause();
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}

/** A connection on which nothing follows. */
function beginOnly(url: string, said: string): Socket {
  const { hostname, port } = new URL(url);
  const socket = connectTcp(Number(port), hostname);
  socket.on("error", ignore);
  socket.write(said);
  return socket;
}

function ignore(): void {}
