import type { Clock, Resolver } from "@nodetcd/runtime";
import { parsePeerUrl } from "@nodetcd/peers";
import { VirtualClock } from "@nodetcd/simulator";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  checkAdvertised,
  checkJoinable,
  checkNames,
  checkPeerUrl,
  Discovery,
  discoverServices,
  foundCluster,
  initialClusterText,
  matchMembers,
  otherPeerUrls,
  parseInitialCluster,
  type Registry,
  type RegistryPair,
} from "../src/membership.ts";
import { codeOf, recordingLogger } from "./support/logger.ts";

const hosts: Record<string, string> = { one: "10.0.0.1", uno: "10.0.0.1", two: "10.0.0.2" };
const resolver: Resolver = {
  addresses: (host) => {
    const found = hosts[host] ?? (/^\d/.test(host) ? host : undefined);
    return found === undefined
      ? Promise.reject(new Error(`lookup ${host}: no such host`))
      : Promise.resolve([found]);
  },
  services: () => Promise.reject(new Error("no such host")),
};

test("parseInitialCluster: names, URLs, and what is no peer URL in etcd's words", () => {
  const cluster = parseInitialCluster("b=http://h:2,a=http://h:1 , b=https://h:3");
  expect(initialClusterText(cluster)).toBe("a=http://h:1,b=http://h:2,b=https://h:3");
  expect(otherPeerUrls(cluster, "a")).toEqual(["http://h:2", "https://h:3"]);
  const refusal = (url: string): string => {
    try {
      checkPeerUrl(url);
      return "";
    } catch (error) {
      return (error as Error).message;
    }
  };
  expect(refusal("")).toBe("URL scheme must be http, https, unix, or unixs: ");
  expect(refusal("http://h")).toBe('URL address does not have the form "host:port": http://h');
  expect(refusal("http://h:1/x")).toBe("URL must not contain a path: http://h:1/x");
  expect(refusal("http://[::1]:1")).toBe("");
  expect(codeOf(() => parseInitialCluster("a=ftp://h:1"))).toBe("BAD_INITIAL_CLUSTER");
  expect(() => checkNames(cluster, "c")).toThrow(
    `couldn't find local name "c" in the initial cluster configuration`,
  );
  expect(() => checkNames(parseInitialCluster("a=http://h:1,b=http://h:1"), "a")).toThrow(
    "initial cluster a=http://h:1,b=http://h:1 has duplicate url",
  );
});

test("checkAdvertised: equal after names are resolved, else etcd's words", async () => {
  const cluster = parseInitialCluster("a=http://uno:1,b=http://two:1");
  await checkAdvertised(cluster, "a", ["http://one:1"], resolver);
  await expect(checkAdvertised(cluster, "a", ["http://two:1"], resolver)).rejects.toThrow(
    '--initial-cluster has a=http://uno:1 but missing from --initial-advertise-peer-urls=http://two:1 (resolved urls: "http://10.0.0.2:1" != "http://10.0.0.1:1")',
  );
  await expect(
    checkAdvertised(cluster, "a", ["http://one:1", "http://two:1"], resolver),
  ).rejects.toThrow("(len([");
  await expect(checkAdvertised(cluster, "a", ["http://three:1"], resolver)).rejects.toThrow(
    "no such host",
  );
});

test("foundCluster: members by id; the same for every member", async () => {
  const one = await foundCluster(
    parseInitialCluster("a=http://h:1,b=http://h:2,c=http://h:3"),
    "t",
  );
  const other = await foundCluster(
    parseInitialCluster("c=http://h:3,b=http://h:2,a=http://h:1"),
    "t",
  );
  expect(one).toEqual(other);
  expect(one.members.map(({ id }) => id)).toEqual(
    one.members.map(({ id }) => id).toSorted((a, b) => (a < b ? -1 : 1)),
  );
});

test("matchMembers, checkJoinable: takes ids from the running cluster, refuses others", async () => {
  const record = (id: bigint, url: string) => ({
    id,
    name: "",
    peerUrls: [url],
    clientUrls: [],
    isLearner: false,
  });
  const running = {
    clusterId: 0xcn,
    members: [record(5n, "http://one:1"), record(6n, "http://two:1")],
  };
  const matched = await matchMembers(
    running,
    parseInitialCluster("b=http://two:1,a=http://uno:1"),
    resolver,
  );
  expect(matched.map(({ id, name }) => [id, name])).toEqual([
    [5n, "a"],
    [6n, "b"],
  ]);
  await expect(
    matchMembers(running, parseInitialCluster("a=http://one:1"), resolver),
  ).rejects.toThrow(
    "error validating peerURLs {ClusterID:c Members:[5 6] RemovedMemberIDs:[]}: member count is unequal",
  );
  await expect(
    matchMembers(running, parseInitialCluster("a=http://one:1,b=http://one:9"), resolver),
  ).rejects.toThrow(
    "PeerURLs: no match found for existing member (6, [http://two:1]), last resolver error",
  );
  const logger = recordingLogger();
  const said = (cluster: string) => new Map([[5n, { server: "3.7.1", cluster }]]);
  const joining = (cluster: string, server: string, downgrading: boolean): unknown =>
    codeOf(() => checkJoinable(said(cluster), server, downgrading, logger));
  expect(joining("3.7.0", "3.7.1", false)).toBeUndefined();
  expect(joining("3.7.0", "3.6.14", false)).toBe("CANNOT_JOIN");
  expect(joining("3.7.0", "3.6.14", true)).toBeUndefined();
  expect(joining("3.7.0", "3.7.1", true)).toBe("CANNOT_JOIN");
  expect(joining("not_decided", "3.7.1", false)).toBe("CANNOT_JOIN");
  expect(logger.lines.map(([message]) => message)).toEqual([
    "cluster version of remote member is not compatible; too high",
    "cluster version of remote member is not compatible; too low",
    "failed to parse cluster version of remote member",
  ]);
});

test("discoverServices: own record under the own name, others numbered, a scheme that differs refused", async () => {
  const asked: string[] = [];
  const dns: Resolver = {
    ...resolver,
    services: (service) => {
      asked.push(service);
      return service === "etcd-server-blue"
        ? Promise.resolve([
            { name: "two.", port: 2380 },
            { name: "one.", port: 2380 },
          ])
        : Promise.reject(new Error("no such host"));
    },
  };
  const options = { domain: "d", serviceName: "blue", name: "me", resolver: dns };
  expect(await discoverServices({ ...options, advertised: ["http://uno:2380"] })).toBe(
    "0=http://two:2380,me=http://one:2380",
  );
  expect(asked).toEqual(["etcd-server-ssl-blue", "etcd-server-blue"]);
  await expect(discoverServices({ ...options, advertised: ["https://uno:2380"] })).rejects.toThrow(
    'cannot find local etcd member "me" in SRV records',
  );
  await expect(discoverServices({ ...options, serviceName: "", advertised: [] })).rejects.toThrow(
    "error setting up initial cluster: error querying DNS SRV records for _etcd-server-ssl no such host\nerror querying DNS SRV records for _etcd-server no such host",
  );
});

/** A registry in memory. */
class FakeRegistry implements Registry {
  readonly pairs: RegistryPair[] = [];
  readonly #wakers: (() => void)[] = [];
  failures = 0;

  #fail(): Promise<void> {
    return this.failures-- > 0 ? Promise.reject(new Error("unreachable")) : Promise.resolve();
  }

  async get(key: string): Promise<RegistryPair | undefined> {
    await this.#fail();
    return this.pairs.find((pair) => pair.key === key);
  }

  async list(prefix: string) {
    await this.#fail();
    return {
      pairs: this.pairs.filter(({ key }) => key.startsWith(prefix)),
      revision: this.pairs.length,
    };
  }

  async put(key: string, value: string): Promise<void> {
    await this.#fail();
    this.pairs.push({ key, value, createRevision: this.pairs.length + 1 });
    for (const wake of this.#wakers.splice(0)) wake();
  }

  async *watch(prefix: string, fromRevision: number) {
    for (let next = fromRevision; ; next++) {
      while (this.pairs.length < next)
        await new Promise<void>((resolve) => this.#wakers.push(resolve));
      const pair = this.pairs[next - 1]!;
      if (pair.key.startsWith(prefix)) yield [pair];
    }
  }
}

function discovery(
  registry: Registry,
  memberId: bigint,
  self: string,
  clock: Clock = new VirtualClock(),
): Discovery {
  return new Discovery({ registry, token: "t", memberId, self, clock, logger: recordingLogger() });
}

test("Discovery: three find each other, in whatever order; the fourth is told that it is full", async () => {
  const registry = new FakeRegistry();
  await registry.put("/_etcd/registry/t/_config/size", "3");
  const joins = [3n, 1n, 2n].map((id) => discovery(registry, id, `m${id}=http://h${id}:1`).join());
  const found = await Promise.all(joins);
  expect(found).toEqual(
    Array.from({ length: 3 }, () => "m1=http://h1:1,m2=http://h2:1,m3=http://h3:1"),
  );
  await expect(discovery(registry, 4n, "m4=http://h4:1").join()).rejects.toThrow(
    "discovery: cluster is full",
  );
});

test("Discovery: what the registry says ends it; that it does not answer does not", async () => {
  const registry = new FakeRegistry();
  await expect(discovery(registry, 1n, "a=http://h:1").join()).rejects.toThrow(
    "discovery: size key not found",
  );
  await registry.put("/_etcd/registry/t/_config/size", "-1");
  await expect(discovery(registry, 1n, "a=http://h:1").join()).rejects.toThrow(
    "discovery: size key is bad",
  );
  registry.pairs[0] = { ...registry.pairs[0]!, value: "1" };
  registry.failures = 3;
  const clock = new VirtualClock();
  let result = "";
  const joining = discovery(registry, 1n, "a=http://h:1", clock)
    .join()
    .then((text) => (result = text));
  await clock.advanceAsync(13_900, 100);
  expect(result).toBe("");
  await clock.advanceAsync(200, 100);
  await joining;
  expect(result).toBe("a=http://h:1");
});

test("checkPeerUrl: whatever it takes can be dialled by the transport", () => {
  const part = fc.constantFrom(
    "http://",
    "https://",
    "unix://",
    "h",
    "[::1]",
    "[fe80::1%25eth0]",
    ":",
    "2380",
    "99999999",
    "@",
    "/",
    "?",
    "#",
    " ",
    "a_b",
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 6 }), (parts) => {
      const url = parts.join("");
      if (codeOf(() => checkPeerUrl(url)) === undefined) parsePeerUrl(url);
    }),
    { numRuns: 5000 },
  );
});
