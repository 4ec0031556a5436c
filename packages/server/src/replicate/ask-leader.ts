import type { Cluster } from "@nodetcd/membership";
import { askPeer, type Reply, type Transport } from "@nodetcd/peers";
import { type Clock, sleep } from "@nodetcd/runtime";
import { RequestError } from "../errors.ts";

/** What asking the leader takes. */
export interface LeaderQuestions {
  readonly runtime: { readonly clock: Clock };
  readonly raft: { readonly leader: bigint; readonly isLeader: boolean };
  readonly cluster: Cluster;
  readonly peers: Transport;
}

/** From one attempt to the next while there is no leader, or it does not answer, in milliseconds. */
const RETRY_MS = 50;

/**
 * Puts a question to the leader, over the peer port, for what only it knows; again and again until it answers
 * with one of the wanted statuses. Raises NO_LEADER when time is over.
 *
 * @param answers true for an answer that is final
 */
export async function askLeader(
  { runtime: { clock }, raft, cluster, peers }: LeaderQuestions,
  question: { path: string; body: Uint8Array; timeoutMs: number },
  answers: (reply: Reply) => boolean,
): Promise<Reply | "here"> {
  const { path, body, timeoutMs } = question;
  const deadline = clock.monotonic() + timeoutMs;
  while (clock.monotonic() < deadline) {
    if (raft.isLeader) return "here";
    for (const url of cluster.member(raft.leader)?.peerUrls ?? []) {
      try {
        const left = Math.max(1, deadline - clock.monotonic());
        const headers = { "Content-Type": "application/protobuf" };
        const asked = { method: "POST" as const, url, path, headers, body, timeoutMs: left };
        const reply = await askPeer(clock, peers.dial, asked);
        if (answers(reply)) return reply;
      } catch {
        // The next address, or the next leader.
      }
    }
    await sleep(clock, RETRY_MS);
  }
  throw new RequestError("NO_LEADER");
}
