/** Clusters of real processes, of one program or of several. */
import { freePort, type ServerOptions, ServerProcess } from "./processes.ts";
import type { Peer } from "./peers.ts";

/** A cluster whose members run `programs`, one each, named m0, m1 ...; all of them serve. */
export async function startClusterOf(
  programs: readonly Peer[],
  options: Pick<ServerOptions, "flags" | "startTimeoutMs"> = {},
): Promise<ServerProcess[]> {
  const ports = await Promise.all(
    programs.map(async () => ({ client: await freePort(), peer: await freePort() })),
  );
  const everyone = ports.map(({ peer }, i) => `m${i}=http://127.0.0.1:${peer}`).join(",");
  const members = programs.map((program, i) => {
    const flags = [`--name=m${i}`, `--initial-cluster=${everyone}`, ...(options.flags ?? [])];
    return new ServerProcess(program, ports[i]!, { flags });
  });
  try {
    await Promise.all(members.map((member) => member.ready(options.startTimeoutMs ?? 60_000)));
    return members;
  } catch (error) {
    await Promise.all(members.map((member) => member.stop()));
    throw error;
  }
}
