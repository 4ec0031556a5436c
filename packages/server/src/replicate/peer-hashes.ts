import type { Cluster } from "@nodetcd/membership";
import { askPeer, hexId, type Transport } from "@nodetcd/peers";
import type { Clock, Logger } from "@nodetcd/runtime";

export const HASH_PATH = "/members/hashkv";

/** What another member says its history hashes to, up to a revision. */
export interface PeerHash {
  readonly hash: number;
  /** -1 when the peer has compacted nothing. */
  readonly compactRevision: number;
  /** The newest revision that the peer has applied. */
  readonly revision: number;
}

/** Another member, and its answer; a peer that gave none says why. */
export interface PeerAnswer {
  readonly id: bigint;
  readonly urls: readonly string[];
  readonly answer: PeerHash | undefined;
  /** Of the last of its addresses that was asked; "" with an answer. */
  readonly error: string;
}

/** What asking the other members takes. */
export interface HashQuestions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly memberId: bigint;
  readonly clusterId: bigint;
  readonly cluster: Pick<Cluster, "members">;
  readonly peers: Pick<Transport, "dial">;
  /** For one address of one member, in milliseconds. */
  readonly timeoutMs: number;
}

/** The other members' hashes up to a revision; all are asked at the same time, and each by its addresses in turn. */
export function askPeerHashes(
  questions: HashQuestions,
  revision: number,
): Promise<readonly PeerAnswer[]> {
  const { cluster, memberId } = questions;
  const others = cluster.members().filter(({ id, peerUrls }) => id !== memberId && peerUrls.length);
  return Promise.all(others.map(({ id, peerUrls }) => askOne(questions, id, peerUrls, revision)));
}

async function askOne(
  questions: HashQuestions,
  id: bigint,
  urls: readonly string[],
  revision: number,
): Promise<PeerAnswer> {
  let error = "";
  for (const url of urls) {
    try {
      return { id, urls, answer: await askUrl(questions, url, revision), error: "" };
    } catch (cause) {
      error = cause instanceof Error ? cause.message : String(cause);
      questions.logger.warn("failed hash kv request", {
        "local-member-id": hexId(questions.memberId),
        "requested-revision": revision,
        "remote-peer-endpoint": url,
        error,
      });
    }
  }
  return { id, urls, answer: undefined, error };
}

async function askUrl(questions: HashQuestions, url: string, revision: number): Promise<PeerHash> {
  const { clock, peers, clusterId, timeoutMs } = questions;
  const { status, body } = await askPeer(clock, peers.dial, {
    method: "GET",
    url,
    path: HASH_PATH,
    headers: { "Content-Type": "application/json", "X-Etcd-Cluster-Id": hexId(clusterId) },
    body: Buffer.from(JSON.stringify({ revision })),
    timeoutMs,
  });
  const text = Buffer.from(body).toString();
  if (status !== 200) throw new Error(text.trim() || `status ${status}`);
  return readAnswer(text);
}

/** Go leaves zeros out of the JSON that it writes. */
function readAnswer(text: string): PeerHash {
  const parsed = JSON.parse(text) as Record<string, unknown> | null;
  const header = parsed?.["header"] as Record<string, unknown> | null | undefined;
  const hash = parsed?.["hash"] ?? 0;
  const compactRevision = parsed?.["compact_revision"] ?? 0;
  const revision = header?.["revision"] ?? 0;
  for (const value of [hash, compactRevision, revision]) {
    if (!Number.isSafeInteger(value)) throw new Error("the reply is no hash of a member");
  }
  return {
    hash: hash as number,
    compactRevision: compactRevision as number,
    revision: revision as number,
  };
}
