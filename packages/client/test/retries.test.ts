import {
  type CallOptions,
  type Metadata,
  RpcError,
  Status,
  type StatusCode,
  type Transport,
} from "@nodetcd/grpc";
import { METHODS } from "@nodetcd/messages";
import { nodeRuntime } from "@nodetcd/runtime/node";
import { describe, expect, test } from "vitest";
import { Client } from "../src/client.ts";
import { RETRY_CLASS } from "../src/methods.ts";

/** What etcd's own client repeats after any UNAVAILABLE, and the two of ours that change nothing. */
const REPEATABLE = [
  ["KV", "Range"],
  ["Lease", "LeaseGrant LeaseRevoke LeaseTimeToLive LeaseLeases"],
  ["Cluster", "MemberList"],
  ["Maintenance", "Alarm Status Hash HashKV MoveLeader"],
  ["Auth", "UserGet UserList RoleGet RoleList AuthStatus Authenticate"],
].flatMap(([service, names]) =>
  names!.split(" ").map((name) => `/etcdserverpb.${service}/${name}`),
);

/** Fails the first call of each method with this, and answers the second with nothing but defaults. */
class FailsOnce implements Transport {
  readonly calls = new Map<string, number>();
  metadata: Metadata | undefined;
  readonly #error: RpcError;

  constructor(code: StatusCode, message: string) {
    this.#error = new RpcError(code, message);
  }

  unary(path: string, _request: Uint8Array, options?: CallOptions): Promise<Uint8Array> {
    this.metadata = options?.metadata;
    const calls = (this.calls.get(path) ?? 0) + 1;
    this.calls.set(path, calls);
    return calls === 1 ? Promise.reject(this.#error) : Promise.resolve(new Uint8Array(0));
  }
  stream(): never {
    throw new Error("not used");
  }
  close(): void {}
}

describe("retries", () => {
  test("the table is that of etcd's own client", () => {
    const repeatable = Object.entries(RETRY_CLASS)
      .filter(([path, kind]) => kind === "repeatable" && !path.startsWith("/grpc.health."))
      .map(([path]) => path);
    expect(repeatable.toSorted()).toEqual(REPEATABLE.toSorted());
  });

  test.each<[string, StatusCode, string]>([
    ["a reset connection", Status.UNAVAILABLE, "read ECONNRESET"],
    ["a member without a leader", Status.DEADLINE_EXCEEDED, "context deadline exceeded"],
    ["a request that the server gave up", Status.CANCELLED, "etcdserver: request canceled"],
  ])("after %s what is repeatable is repeated, and nothing else", async (_what, code, text) => {
    const transport = new FailsOnce(code, text);
    const client = new Client({ runtime: nodeRuntime, transport, retry: { waitMs: 1 } });
    const methods = [METHODS.KV, METHODS.Lease, METHODS.Cluster, METHODS.Maintenance, METHODS.Auth]
      .flatMap((service) => Object.values(service))
      .filter(({ kind }) => kind === "unary");
    for (const method of methods) {
      const again = REPEATABLE.includes(method.path);
      // oxlint-disable-next-line typescript/no-explicit-any -- each with its own request
      const call = client.call(method as any, {});
      if (again) await call;
      else await expect(call).rejects.toMatchObject({ status: code });
      expect([method.path, transport.calls.get(method.path)]).toEqual([method.path, again ? 2 : 1]);
    }
    client.close();
    await client.closed;
  });

  test("onCall sees each call with its tries, and its metadata goes with it", async () => {
    const transport = new FailsOnce(Status.UNAVAILABLE, "read ECONNRESET");
    const seen: string[] = [];
    const client = new Client({
      runtime: nodeRuntime,
      transport,
      retry: { waitMs: 1 },
      onCall: ({ method, metadata }) => {
        metadata.set("traceparent", "00-1");
        return ({ error, attempts, endpoint }) =>
          seen.push(`${method} ${attempts} ${endpoint} ${error?.code ?? "well"}`);
      },
    });
    await client.get("k");
    await client.put("k", "v").catch(() => undefined);
    expect(seen).toEqual([
      "/etcdserverpb.KV/Range 2 local well",
      "/etcdserverpb.KV/Put 1 local UNAVAILABLE",
    ]);
    expect(transport.metadata?.get("traceparent")).toBe("00-1");
    expect(transport.metadata?.get("client-api-version")).toBe("3.7");
    client.close();
  });

  test("a reset at unlock() does not leave the next holder waiting", async () => {
    const transport = new FailsOnce(Status.UNAVAILABLE, "read ECONNRESET");
    const client = new Client({ runtime: nodeRuntime, transport, retry: { waitMs: 1 } });
    await client.leases.of(7n).revoke();
    expect(transport.calls.get("/etcdserverpb.Lease/LeaseRevoke")).toBe(2);
    client.close();
    await client.closed;
  });
});
