/** Clusters of real processes, of one program or of several. */
import { join } from "node:path";
import { freePort, type ServerOptions, ServerProcess } from "./processes.ts";
import type { Peer } from "./peers.ts";

export interface ClusterOptions extends Pick<ServerOptions, "flags" | "startTimeoutMs"> {
  /** Holds a folder for each member and stays when they stop. Default: temporary ones, removed at stop. */
  readonly directory?: string;
}

/** A cluster whose members run `programs`, one each, named m0, m1 ...; all of them serve. */
export async function startClusterOf(
  programs: readonly Peer[],
  options: ClusterOptions = {},
): Promise<ServerProcess[]> {
  const ports = await Promise.all(
    programs.map(async () => ({ client: await freePort(), peer: await freePort() })),
  );
  const everyone = ports.map(({ peer }, i) => `m${i}=http://127.0.0.1:${peer}`).join(",");
  const members = programs.map((program, i) => {
    const flags = [`--name=m${i}`, `--initial-cluster=${everyone}`, ...(options.flags ?? [])];
    const { directory } = options;
    const place = directory === undefined ? {} : { dataDirectory: join(directory, `m${i}`) };
    return new ServerProcess(program, ports[i]!, { flags, ...place });
  });
  try {
    await Promise.all(members.map((member) => member.ready(options.startTimeoutMs ?? 60_000)));
    return members;
  } catch (error) {
    await Promise.all(members.map((member) => member.stop()));
    throw error;
  }
}
