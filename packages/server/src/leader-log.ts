import type { RawNode } from "@nodetcd/raft";
import type { Logger } from "@nodetcd/runtime";
import { hexId } from "@nodetcd/peers";

const NO_NODE = 0n;

/** Makes a function that writes a line, in etcd's words, when it is called after the leader changed. */
export function leaderLog(node: RawNode, memberId: bigint, logger: Logger): () => void {
  let last = NO_NODE;
  const own = hexId(memberId);
  return () => {
    const { leader, term } = node;
    if (leader === last) return;
    const [before, now] = [hexId(last), hexId(leader)];
    if (leader === NO_NODE) logger.info(`raft.node: ${own} lost leader ${before} at term ${term}`);
    else if (last === NO_NODE) {
      logger.info(`raft.node: ${own} elected leader ${now} at term ${term}`);
    } else {
      logger.info(`raft.node: ${own} changed leader from ${before} to ${now} at term ${term}`);
    }
    last = leader;
  };
}
