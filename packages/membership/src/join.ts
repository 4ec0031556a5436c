import { askPeer, type Dialer, hexId, parseHexId, type Reply } from "@nodetcd/peers";
import type { Clock, Logger, Resolver } from "@nodetcd/runtime";
import { joinableRange, type MemberVersions } from "./cluster-version.ts";
import { MembershipError, textOf } from "./errors.ts";
import { type InitialCluster, urlsDiffer } from "./initial-cluster.ts";
import { MEMBERS_REPLY_BYTES_MAX } from "./limits.ts";
import { type MemberRecord, parseMemberListJson } from "./member-json.ts";
import { clusterVersionText, compareMinor, parseVersion } from "./version.ts";

/** How members that run already are asked. */
export interface PeerQuestions {
  readonly clock: Clock;
  readonly dial: Dialer;
  readonly logger: Logger;
  /** For each question, in milliseconds. */
  readonly timeoutMs: number;
}

/** A cluster as one of its members sees it. */
export interface RunningCluster {
  readonly clusterId: bigint;
  readonly members: readonly MemberRecord[];
}

async function ask(
  { clock, dial, timeoutMs }: PeerQuestions,
  url: string,
  path: string,
): Promise<Reply> {
  const maxReplyBytes = MEMBERS_REPLY_BYTES_MAX;
  const reply = await askPeer(clock, dial, { method: "GET", url, path, timeoutMs, maxReplyBytes });
  if (reply.status !== 200)
    throw new MembershipError("CANNOT_JOIN", `unexpected http status ${reply.status}`);
  return reply;
}

/** Peer URLs of the others, as strings sorted: the order in which they are asked. */
export function otherPeerUrls(cluster: InitialCluster, ownName: string): string[] {
  const others = [...cluster].filter(([name]) => name !== ownName);
  return others.flatMap(([, urls]) => urls).toSorted();
}

/** Who the members are, from the first that answers. Raises CANNOT_JOIN when none does. */
export async function fetchCluster(
  questions: PeerQuestions,
  urls: readonly string[],
): Promise<RunningCluster> {
  for (const url of urls) {
    const address = `${url}/members`;
    try {
      const { headers, body } = await ask(questions, url, "/members");
      const members = parseMemberListJson(Buffer.from(body).toString());
      const clusterId = parseHexId(headers.get("x-etcd-cluster-id") ?? "");
      if (clusterId === undefined)
        throw new MembershipError("BAD_RECORD", "failed to parse cluster ID");
      if (members.length > 0) return { clusterId, members };
      throw new MembershipError(
        "BAD_RECORD",
        "failed to get raft cluster member(s) from the given URLs",
      );
    } catch (error) {
      questions.logger.warn("failed to get cluster response", { address, error: textOf(error) });
    }
  }
  throw new MembershipError(
    "CANNOT_JOIN",
    "cannot fetch cluster info from peer urls: could not retrieve cluster information from the given URLs",
  );
}

/**
 * Raises ALREADY_BOOTSTRAPPED when the others know a member of a cluster that is to be new. When none of
 * them answers it is new indeed.
 */
export async function refuseBootstrapped(
  questions: PeerQuestions,
  urls: readonly string[],
  id: bigint,
): Promise<void> {
  let found: RunningCluster;
  try {
    found = await fetchCluster(
      { ...questions, logger: { ...questions.logger, warn: () => undefined } },
      urls,
    );
  } catch {
    return;
  }
  const known = found.members.find((member) => member.id === id);
  if (known !== undefined && known.clientUrls.length > 0) {
    throw new MembershipError(
      "ALREADY_BOOTSTRAPPED",
      `member ${hexId(id)} has already been bootstrapped`,
    );
  }
}

/**
 * The running members under the names that this member's options give them. Both lists must have the same
 * members, by their URLs. Raises CANNOT_JOIN.
 */
export async function matchMembers(
  running: RunningCluster,
  local: InitialCluster,
  resolver: Resolver,
): Promise<readonly MemberRecord[]> {
  const refuse = (why: string): never => {
    const ids = running.members.map(({ id }) => hexId(id)).join(" ");
    const shown = `{ClusterID:${hexId(running.clusterId)} Members:[${ids}] RemovedMemberIDs:[]}`;
    throw new MembershipError("CANNOT_JOIN", `error validating peerURLs ${shown}: ${why}`);
  };
  if (local.size !== running.members.length) refuse("member count is unequal");
  const matched: MemberRecord[] = [];
  for (const member of running.members) {
    let why: string | undefined = "";
    for (const [name, urls] of local) {
      why = await urlsDiffer(member.peerUrls, urls, resolver);
      if (why !== undefined) continue;
      matched.push({ ...member, name });
      break;
    }
    if (why === undefined) continue;
    const urls = member.peerUrls.join(" ");
    refuse(
      `PeerURLs: no match found for existing member (${hexId(member.id)}, [${urls}]), last resolver error ${why}`,
    );
  }
  return matched;
}

/** What a member says of itself at `/version`. */
export interface SaidVersion {
  readonly server: string;
  /** `not_decided` before the cluster has one. */
  readonly cluster: string;
}

async function fetchVersion(
  questions: PeerQuestions,
  member: MemberRecord,
): Promise<SaidVersion | undefined> {
  const { logger } = questions;
  const remote = { "remote-member-id": hexId(member.id) };
  let last = "";
  for (const url of member.peerUrls) {
    try {
      const { body } = await ask(questions, url, "/version");
      const said: unknown = JSON.parse(Buffer.from(body).toString());
      const { etcdserver, etcdcluster } = said as Record<string, unknown>;
      return { server: String(etcdserver), cluster: String(etcdcluster) };
    } catch (error) {
      last = textOf(error);
      logger.warn("failed to reach the peer URL", {
        address: `${url}/version`,
        ...remote,
        error: last,
      });
    }
  }
  logger.warn("failed to get version", { ...remote, error: last });
  return undefined;
}

/** Versions of all other members, asked at the same time. */
export async function fetchVersions(
  questions: PeerQuestions,
  members: readonly MemberRecord[],
  ownId: bigint,
): Promise<ReadonlyMap<bigint, SaidVersion | undefined>> {
  const others = members.filter(({ id }) => id !== ownId);
  const said = await Promise.all(others.map((member) => fetchVersion(questions, member)));
  return new Map(others.map(({ id }, i) => [id, said[i]]));
}

/** Server versions of all members, for `decideClusterVersion`. */
export function serverVersions(
  others: ReadonlyMap<bigint, SaidVersion | undefined>,
  own: { readonly id: bigint; readonly serverVersion: string },
): MemberVersions {
  const all = [...others].map(([id, said]): [bigint, string | undefined] => [id, said?.server]);
  return new Map([...all, [own.id, own.serverVersion]]);
}

/** Whether a downgrade is under way, from the first member that knows; false when none does. */
export async function fetchDowngradeEnabled(
  questions: PeerQuestions,
  members: readonly MemberRecord[],
  ownId: bigint,
): Promise<boolean> {
  const { logger } = questions;
  for (const { id, peerUrls } of members) {
    if (id === ownId) continue;
    for (const url of peerUrls) {
      try {
        const { body } = await ask(questions, url, "/downgrade/enabled");
        const text = Buffer.from(body).toString().trim();
        if (text === "true" || text === "false") return text === "true";
        throw new MembershipError("BAD_RECORD", `"${text}" is neither true nor false`);
      } catch (error) {
        const fields = { "remote-member-id": hexId(id), error: textOf(error) };
        logger.warn("failed to get downgrade enabled status", fields);
      }
    }
  }
  return false;
}

/** Raises CANNOT_JOIN unless the running members speak a version that this one understands. */
export function checkJoinable(
  others: ReadonlyMap<bigint, SaidVersion | undefined>,
  serverVersion: string,
  downgrading: boolean,
  logger: Logger,
): void {
  const [min, max] = joinableRange(serverVersion, downgrading);
  let joinable = false;
  for (const [id, said] of others) {
    if (said === undefined) continue;
    const version = parseVersion(said.cluster);
    const remote = { "remote-member-id": hexId(id), "remote-member-cluster-version": said.cluster };
    if (version === undefined) {
      logger.warn("failed to parse cluster version of remote member", remote);
      continue;
    }
    const low = compareMinor(version, min) < 0;
    joinable = !low && compareMinor(version, max) <= 0;
    if (joinable) continue;
    const limit = clusterVersionText(low ? min : max);
    logger.warn(`cluster version of remote member is not compatible; too ${low ? "low" : "high"}`, {
      ...remote,
      [`${low ? "minimum" : "maximum"}-cluster-version-supported`]: limit,
    });
    break;
  }
  if (!joinable)
    throw new MembershipError("CANNOT_JOIN", "incompatible with current running cluster");
}
