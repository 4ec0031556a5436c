import type { Cluster } from "./cluster.ts";
import { hexId } from "@nodetcd/peers";
import { attributesJson, raftAttributesJson } from "./member-json.ts";

const NEVER = "0001-01-01T00:00:00Z";
/** How many past events etcd's v2 store keeps; the list always has this length. */
const EVENT_CAPACITY = 1_000;

interface Node {
  Path: string;
  CreatedIndex: number;
  ModifiedIndex: number;
  ExpireTime: string;
  Value: string;
  Children: Record<string, Node> | null;
}

function node(path: string, value: string, children: Record<string, Node> | null): Node {
  return {
    Path: path,
    CreatedIndex: 0,
    ModifiedIndex: 0,
    ExpireTime: NEVER,
    Value: value,
    Children: children,
  };
}

const directory = (path: string, children: Record<string, Node>): Node => node(path, "", children);

function memberNodes(cluster: Cluster): Record<string, Node> {
  const nodes: Record<string, Node> = {};
  for (const member of cluster.members()) {
    const path = `/0/members/${hexId(member.id)}`;
    nodes[hexId(member.id)] = directory(path, {
      attributes: node(`${path}/attributes`, attributesJson(member), null),
      raftAttributes: node(`${path}/raftAttributes`, raftAttributesJson(member), null),
    });
  }
  return nodes;
}

/**
 * The membership as a dump of etcd's v2 store, which is what the data of a raft snapshot is: members
 * of version 3.6 and older read it from `.snap` files and snapshot messages. Owned by the caller.
 */
export function v2StoreJson(cluster: Cluster): Uint8Array {
  const children: Record<string, Node> = {
    members: directory("/0/members", memberNodes(cluster)),
  };
  if (cluster.version !== undefined)
    children["version"] = node("/0/version", cluster.version, null);
  const store = {
    Root: directory("/", { "0": directory("/0", children), "1": directory("/1", {}) }),
    WatcherHub: {
      EventHistory: {
        Queue: {
          Events: Array.from({ length: EVENT_CAPACITY }, () => null),
          Size: 0,
          Front: 0,
          Back: 0,
          Capacity: EVENT_CAPACITY,
        },
        StartIndex: 0,
        LastIndex: 0,
      },
    },
    CurrentIndex: 0,
    Stats: {
      getsSuccess: 0,
      getsFail: 0,
      setsSuccess: 0,
      setsFail: 0,
      deleteSuccess: 0,
      deleteFail: 0,
      updateSuccess: 0,
      updateFail: 0,
      createSuccess: 0,
      createFail: 0,
      compareAndSwapSuccess: 0,
      compareAndSwapFail: 0,
      compareAndDeleteSuccess: 0,
      compareAndDeleteFail: 0,
      expireCount: 0,
      watchers: 0,
    },
    CurrentVersion: 2,
  };
  return Buffer.from(JSON.stringify(store));
}
