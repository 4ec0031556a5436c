/** Three members, some real etcd and some ours, that talk over mutual TLS; each place can be taken over by the other program. */
import { join } from "node:path";
import { type Init, type Method, METHODS } from "@nodetcd/messages";
import type { Peer } from "../peers.ts";
import { freePort, type ServerProcess, startServer } from "../processes.ts";
import { Connection } from "../rpc.ts";
import { pause } from "./member.ts";

const { Auth, Cluster, Maintenance } = METHODS;

interface Place {
  readonly name: string;
  readonly peerUrl: string;
  readonly peerPort: number;
  readonly dataDirectory: string;
  /** Of the files of its certificate for the other members. */
  readonly certificate: string;
}

interface Running {
  readonly server: ServerProcess;
  readonly connection: Connection;
}

/** A rather small log, so that a member that was away is sent a snapshot. */
const FLAGS = [
  "--bcrypt-cost=4",
  "--snapshot-count=50",
  "--snapshot-catchup-entries=10",
  "--heartbeat-interval=50",
  "--election-timeout=500",
];

/** Of a call: two hundred logins take their time on a busy machine. */
const TIMEOUT_MS = 120_000;

export interface MixedOptions {
  readonly programs: readonly Peer[];
  readonly files: string;
  readonly work: string;
  /** Names of the members' certificates. Default `here` for all. */
  readonly certificates?: readonly string[];
  readonly flags?: readonly string[];
}

export class MixedCluster {
  readonly #options: MixedOptions;
  readonly #places: Place[] = [];
  readonly #running: (Running | undefined)[] = [];
  /** Of processes that are gone. */
  #oldLogs = "";
  token = "";

  constructor(options: MixedOptions) {
    this.#options = options;
  }

  /** Starts the first members, at once; default all. */
  async found(count: number = this.#options.programs.length): Promise<void> {
    const { programs, certificates = [] } = this.#options;
    for (const index of programs.keys()) await this.#addPlace(certificates[index]);
    const first = programs.slice(0, count);
    await Promise.all(first.map((program, i) => this.start(i, program, "new")));
  }

  async #addPlace(certificate = "here"): Promise<Place> {
    const peerPort = await freePort();
    const name = `m${this.#places.length}`;
    const place: Place = {
      name,
      peerPort,
      peerUrl: `https://127.0.0.1:${peerPort}`,
      dataDirectory: join(this.#options.work, name),
      certificate,
    };
    this.#places.push(place);
    return place;
  }

  get size(): number {
    return this.#places.length;
  }

  async start(
    index: number,
    program: Peer,
    state: "new" | "existing",
    startTimeoutMs = 60_000,
  ): Promise<void> {
    const { files, flags = [] } = this.#options;
    const place = this.#places[index]!;
    const of = (kind: string): string => join(files, `${place.certificate}.${kind}`);
    const cluster = this.#places.map(({ name, peerUrl }) => `${name}=${peerUrl}`).join(",");
    const server = await startServer(program, {
      dataDirectory: place.dataDirectory,
      peerPort: place.peerPort,
      startTimeoutMs,
      flags: [
        `--name=${place.name}`,
        `--listen-peer-urls=${place.peerUrl}`,
        `--initial-advertise-peer-urls=${place.peerUrl}`,
        `--initial-cluster=${cluster}`,
        `--initial-cluster-state=${state}`,
        `--peer-cert-file=${of("crt")}`,
        `--peer-key-file=${of("key")}`,
        "--peer-client-cert-auth",
        `--peer-trusted-ca-file=${join(files, "ca.crt")}`,
        ...FLAGS,
        ...flags,
      ],
    });
    this.#running[index] = { server, connection: new Connection(server.url) };
  }

  async kill(index: number): Promise<void> {
    const running = this.#running[index]!;
    running.connection.close();
    await running.server.kill();
    this.#oldLogs += running.server.log;
    this.#running[index] = undefined;
  }

  program(index: number): Peer {
    return this.#running[index]!.server.peer;
  }

  /** A call at one member, by `token`. */
  call<Request, Reply>(
    index: number,
    method: Method<Request, Reply>,
    request: Init<Request>,
    token: string = this.token,
  ): Promise<Reply> {
    const metadata = token === "" ? {} : { token };
    return this.connection(index).call(method, request, TIMEOUT_MS, metadata);
  }

  connection(index: number): Connection {
    return this.#running[index]!.connection;
  }

  async logIn(index: number, name: string, password = "pw"): Promise<string> {
    return (await this.call(index, Auth.Authenticate, { name, password }, "")).token;
  }

  /** Everything that the members have logged. */
  get log(): string {
    return this.#oldLogs + this.#running.map((each) => each?.server.log ?? "").join("");
  }

  /** Makes a member the leader. */
  async lead(index: number): Promise<void> {
    const { header } = await this.call(index, Maintenance.Status, {});
    const targetId = header?.memberId ?? 0n;
    for (;;) {
      const leader = await this.#leader();
      if (leader === index) return;
      await this.call(leader, Maintenance.MoveLeader, { targetId }).catch(() => undefined);
      await pause(100);
    }
  }

  async #leader(): Promise<number> {
    for (;;) {
      for (const index of this.#running.keys()) {
        if (this.#running[index] === undefined) continue;
        const { header, leader } = await this.call(index, Maintenance.Status, {});
        if (leader !== 0n && leader === header?.memberId) return index;
      }
      await pause(50);
    }
  }

  /** Adds a learner through a member, starts it, and makes it a voter through another, once it has caught up. */
  async grow(program: Peer, through: number, promoteThrough: number): Promise<void> {
    const place = await this.#addPlace("here");
    const request = { peerUrls: [place.peerUrl], isLearner: true };
    const { member } = await retried(() => this.call(through, Cluster.MemberAdd, request));
    // A learner does not say that it is healthy: it is started without waiting for that.
    const starting = this.start(this.size - 1, program, "existing");
    const id = member?.id ?? 0n;
    await retried(() => this.call(promoteThrough, Cluster.MemberPromote, { id }));
    await starting;
  }

  async stop(): Promise<void> {
    for (const running of this.#running) {
      running?.connection.close();
      await running?.server.stop();
    }
  }
}

/** Until members count as healthy, and a learner has caught up, which takes some seconds. */
async function retried<T>(work: () => Promise<T>): Promise<T> {
  for (const end = Date.now() + 30_000; ; await pause(200)) {
    try {
      return await work();
    } catch (error) {
      if (Date.now() > end) throw error;
    }
  }
}
