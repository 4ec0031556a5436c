/** A server to talk to: one member, or one that follows in a cluster. */
import { METHODS } from "@nodetcd/messages";
import type { Peer } from "../peers.ts";
import { allOrNone, freePort, ServerProcess, startServer } from "../processes.ts";
import { Connection } from "../rpc.ts";

const READY_TIMEOUT_MS = 180_000;

/** As `startServer`; with `MEMBERS=3` in the environment a follower among three, which brings the others along. */
export async function startSubject(
  program: Peer,
  flags: readonly string[],
): Promise<ServerProcess> {
  const size = Number(process.env["MEMBERS"] ?? 1);
  if (size === 1) return startServer(program, { flags });
  const members = await startMembers(program, size, flags);
  const { leader } = await statusOf(members[0]!);
  const ids = await Promise.all(members.map(async (member) => (await statusOf(member)).id));
  const follower = members.find((_, i) => ids[i] !== leader)!;
  follower.companions = members.filter((member) => member !== follower);
  return follower;
}

/** Founds a cluster and waits until all serve. */
export async function startMembers(
  program: Peer,
  size: number,
  flags: readonly string[],
): Promise<ServerProcess[]> {
  const ports: { client: number; peer: number }[] = [];
  while (ports.length < size) ports.push({ client: await freePort(), peer: await freePort() });
  const cluster = ports.map(({ peer }, i) => `m${i + 1}=http://127.0.0.1:${peer}`).join(",");
  return allOrNone(
    ports.map(async (own, i) => {
      const named = [`--name=m${i + 1}`, `--initial-cluster=${cluster}`, ...flags];
      const member = new ServerProcess(program, own, { flags: named });
      await member.ready(READY_TIMEOUT_MS);
      return member;
    }),
  );
}

/** Ids of the member and of who leads, as it knows. */
export async function statusOf({ url }: ServerProcess): Promise<{ id: bigint; leader: bigint }> {
  const connection = new Connection(url);
  try {
    const { header, leader } = await connection.call(METHODS.Maintenance.Status, {});
    return { id: header?.memberId ?? 0n, leader };
  } finally {
    connection.close();
  }
}
