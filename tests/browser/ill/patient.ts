/** A cluster that is made ill, with a console before it. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { Client } from "@nodetcd/client";
import { startConsole } from "@nodetcd/console/node";
import { nodeRuntime } from "@nodetcd/runtime/node";
import type { Peer } from "../../peers.ts";
import { freePort, ServerProcess, temporaryDirectory } from "../../processes.ts";
import { ANY_DISK_MS, type Stage } from "../stage.ts";

export interface PatientOptions {
  readonly program: Peer;
  readonly members: 1 | 3;
  readonly flags?: readonly string[];
  /** Environment of the last member, by its data directory. */
  readonly lastEnvironment?: (directory: string) => Readonly<Record<string, string>>;
}

/** Members are m0, m1, m2. */
export class Patient {
  readonly stage: Stage;
  readonly servers: ServerProcess[];
  /** Calls m0 alone. */
  readonly first: Client;

  private constructor(servers: ServerProcess[], first: Client, stage: Stage) {
    this.servers = servers;
    this.first = first;
    this.stage = stage;
  }

  static async start(name: string, options: PatientOptions): Promise<Patient> {
    const folder = temporaryDirectory("nodetcd-ill");
    const ports = await Promise.all(
      Array.from({ length: options.members }, async () => ({
        client: await freePort(),
        peer: await freePort(),
      })),
    );
    const everyone = ports.map(({ peer }, at) => `m${at}=http://127.0.0.1:${peer}`).join(",");
    const servers = ports.map((own, at) => {
      const dataDirectory = join(folder, `m${at}`);
      const isLast = at === ports.length - 1;
      const env = isLast ? options.lastEnvironment?.(dataDirectory) : undefined;
      return new ServerProcess(options.program, own, {
        dataDirectory,
        flags: [`--name=m${at}`, `--initial-cluster=${everyone}`, ...(options.flags ?? [])],
        ...(env === undefined ? {} : { env }),
      });
    });
    await Promise.all(servers.map((server) => server.ready(60_000)));
    const endpoints = servers.map(({ url }) => url);
    const console = await startConsole({
      endpoints,
      listen: "127.0.0.1:0",
      name,
      writes: "locked",
      stateFolder: "",
      fsyncGateMs: ANY_DISK_MS,
    });
    const client = new Client({ runtime: nodeRuntime, endpoints });
    const first = new Client({ runtime: nodeRuntime, endpoints: endpoints.slice(0, 1) });
    const stop = async (): Promise<void> => {
      first.close();
      client.close();
      await console.close();
      await Promise.all(patient.servers.map((server) => server.kill()));
      rmSync(folder, { recursive: true, force: true });
    };
    const stage = { name, members: [], endpoints, client, console, jobsUrl: "", stop };
    const patient = new Patient(servers, first, stage);
    return patient;
  }

  /** Starts a member again on its ports, with these flags; `empty`: its data is gone. */
  startAgain(at: number, flags: readonly string[], empty: boolean): void {
    const { peer, dataDirectory, clientPort, peerPort } = this.servers[at]!;
    if (empty) rmSync(dataDirectory, { recursive: true, force: true });
    const ports = { client: clientPort, peer: peerPort };
    this.servers[at] = new ServerProcess(peer, ports, { dataDirectory, flags });
  }

  /** Makes this member the leader. */
  async lead(at: number): Promise<void> {
    const { client } = this.stage;
    const id = (await client.cluster.members()).find(({ name }) => name === `m${at}`)!.id;
    for (;;) {
      const { leader } = await client.maintenance.status();
      if (leader === id) return;
      await client.maintenance.moveLeader(id).catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}
