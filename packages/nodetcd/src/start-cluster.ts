import { Client } from "@nodetcd/client";
import { type Disk, type Logger, silentLogger, sleep } from "@nodetcd/runtime";
import { MemoryDisk } from "@nodetcd/runtime/memory";
import { nodeRuntime } from "@nodetcd/runtime/node";
import { defaultConfig, type Member, type MemberConfig, startMember } from "@nodetcd/server";
import { checkClusterOptions } from "./check-options.ts";
import { IN_MEMORY } from "./in-memory.ts";
import { PeerNetwork } from "./peer-network.ts";

export interface ClusterOptions {
  /** Founding members, 1 to 9. Default 3. */
  size?: number;
  /** Settings of every member. Default: etcd's, with an election timeout of 500 ms. */
  config?: Partial<MemberConfig>;
  /** Gets the log lines of all members. Default: nobody. */
  logger?: Logger;
}

/** A member of a cluster in this process. */
export interface ClusterMember {
  /** Its place, from 0; it keeps it over restarts. */
  readonly place: number;
  readonly id: bigint;
  /** `http://127.0.0.1:port`, the same after a restart. */
  readonly endpoint: string;
  /** Calls this member alone. Closed when it stops. */
  readonly client: Client;
  readonly isLeader: boolean;
}

/** What is remembered of a member, running or not. */
interface Seat {
  readonly place: number;
  readonly config: MemberConfig;
  /** Its data, kept while it does not run. */
  readonly disk: Disk;
  running: { readonly member: Member; readonly client: Client } | undefined;
}

/** How often it is looked whether there is a leader, in milliseconds. */
const LOOK_MS = 10;

/**
 * Starts a cluster in this process, for tests of programs that must live through failovers:
 *
 *     await using cluster = await startCluster();
 *     await cluster.client.put("greeting", "hello");
 *     await cluster.stop((await cluster.leader()).place);
 *     await cluster.client.get("greeting");
 *
 * Members keep their data in memory, over restarts, too. Raises `ServerError` when one cannot start;
 * then nothing is left behind.
 */
export async function startCluster(options: ClusterOptions = {}): Promise<EtcdCluster> {
  checkClusterOptions({ ...options });
  const cluster = new EtcdCluster(options);
  try {
    await cluster.found(options.size ?? 3);
    return cluster;
  } catch (error) {
    await cluster.dispose();
    throw error;
  }
}

/** Members of one cluster; see `startCluster`. */
export class EtcdCluster implements AsyncDisposable {
  readonly #options: ClusterOptions;
  readonly #network = new PeerNetwork(nodeRuntime.network);
  readonly #seats: Seat[] = [];
  #client: Client | undefined;

  /** Use `startCluster`. */
  constructor(options: ClusterOptions) {
    this.#options = options;
  }

  /** Calls the cluster: whichever members run. */
  get client(): Client {
    this.#client ??= new Client({ runtime: nodeRuntime, endpoints: this.endpoints });
    return this.#client;
  }

  /** Where members are reached, running or not. */
  get endpoints(): string[] {
    return this.#seats.map(({ config }) => config.listenClientUrls[0]!);
  }

  /** Those that run. */
  get members(): ClusterMember[] {
    return this.#seats.flatMap((seat) => (seat.running === undefined ? [] : [viewOf(seat)]));
  }

  /** The leader of a majority, as soon as there is one. */
  async leader(): Promise<ClusterMember> {
    for (;;) {
      const believers = new Map<bigint, number>();
      for (const { running } of this.#seats) {
        const leader = running?.member.status().leader ?? 0n;
        believers.set(leader, (believers.get(leader) ?? 0) + 1);
      }
      const found = this.members.find(
        ({ id }) => (believers.get(id) ?? 0) > this.#seats.length / 2 || this.#seats.length === 1,
      );
      if (found !== undefined) return found;
      await sleep(nodeRuntime.clock, LOOK_MS);
    }
  }

  /** Stops a member; a leader hands over first. */
  async stop(place: number): Promise<void> {
    const seat = this.#seat(place);
    const { running } = seat;
    seat.running = undefined;
    running?.client.close();
    await running?.client.closed;
    await running?.member.stop();
  }

  /** As `stop`, but the others hear nothing of it until their patience ends: as if its machine had gone. */
  async kill(place: number): Promise<void> {
    this.isolate(place);
    await this.stop(place);
    this.heal();
  }

  /** Starts a member that was stopped, on its data. */
  async restart(place: number): Promise<ClusterMember> {
    const seat = this.#seat(place);
    if (seat.running === undefined) {
      const runtime = { ...nodeRuntime, disk: seat.disk, network: this.#network.of(place) };
      const logger = this.#options.logger ?? silentLogger;
      const member = await startMember(runtime, seat.config, logger);
      const client = new Client({ runtime: nodeRuntime, services: member.services });
      seat.running = { member, client };
    }
    return viewOf(seat);
  }

  /** Cuts a member off from all others; clients still reach it. */
  isolate(place: number): void {
    this.#seat(place);
    this.#network.cut((from, to) => (from === place) !== (to === place));
  }

  /** Only members of the same group reach each other; who is in none is alone. */
  partition(...groups: readonly (readonly number[])[]): void {
    const groupOf = (place: number): number => groups.findIndex((group) => group.includes(place));
    this.#network.cut(
      (from, to) => from !== to && (groupOf(from) < 0 || groupOf(from) !== groupOf(to)),
    );
  }

  /** All reach each other again. */
  heal(): void {
    this.#network.cut(() => false);
  }

  /** Adds a member through the cluster, starts it and answers it. */
  async addMember(): Promise<ClusterMember> {
    const [peer, client] = await freePorts(2);
    const place = this.#seats.length;
    const peerUrl = `http://127.0.0.1:${peer}`;
    await this.client.cluster.add([peerUrl]);
    // As one of them knows it: with one of two there is no majority until the new one runs.
    const members = await this.client.cluster.members({ serializable: true });
    const initialCluster = members
      .map(({ name, peerUrls }) => `${name === "" ? `m${place}` : name}=${peerUrls[0]}`)
      .join(",");
    this.#addSeat(peer!, client!, initialCluster, "existing");
    return this.restart(place);
  }

  /** Stops everything. Idempotent. */
  async dispose(): Promise<void> {
    this.#client?.close();
    this.heal();
    await Promise.all(this.#seats.map(({ place }) => this.stop(place)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  /** Makes and starts the founding members; for `startCluster`. */
  async found(size: number): Promise<void> {
    const ports = await freePorts(2 * size);
    const urls = ports.slice(0, size).map((port, i) => `m${i}=http://127.0.0.1:${port}`);
    for (let i = 0; i < size; i++) this.#addSeat(ports[i]!, ports[size + i]!, urls.join(), "new");
    await Promise.all(this.#seats.map(({ place }) => this.restart(place)));
  }

  #addSeat(
    peerPort: number,
    clientPort: number,
    initialCluster: string,
    initialClusterState: MemberConfig["initialClusterState"],
  ): void {
    const place = this.#seats.length;
    const peerUrl = `http://127.0.0.1:${peerPort}`;
    const config: MemberConfig = {
      ...defaultConfig,
      ...IN_MEMORY,
      electionTimeoutMs: 500,
      // Members that come and go within seconds are what a test wants.
      strictReconfigCheck: false,
      ...this.#options.config,
      name: `m${place}`,
      listenClientUrls: [`http://127.0.0.1:${clientPort}`],
      listenPeerUrls: [peerUrl],
      initialAdvertisePeerUrls: [peerUrl],
      initialCluster,
      initialClusterState,
    };
    this.#network.addMember(place, peerPort);
    const disk = new MemoryDisk(nodeRuntime.clock);
    this.#seats.push({ place, config, disk, running: undefined });
  }

  #seat(place: number): Seat {
    const seat = this.#seats[place];
    if (seat !== undefined) return seat;
    throw new RangeError(`There is no member ${place}; places are 0 to ${this.#seats.length - 1}`);
  }
}

function viewOf({ place, config, running }: Seat): ClusterMember {
  const { member, client } = running!;
  return {
    place,
    id: member.id,
    endpoint: config.listenClientUrls[0]!,
    client,
    get isLeader() {
      return member.status().leader === member.id;
    },
  };
}

/** Ports of 127.0.0.1 that nobody has at the moment. */
async function freePorts(count: number): Promise<number[]> {
  const options = { host: "127.0.0.1", port: 0, onSocket: () => undefined };
  const listening = Array.from({ length: count }, () => nodeRuntime.network.listen(options));
  const listeners = await Promise.all(listening);
  const ports = listeners.map(({ port }) => port);
  await Promise.all(listeners.map((listener) => listener.close()));
  return ports;
}
