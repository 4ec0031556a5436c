import { createConnection, createServer, type Server, type Socket } from "node:net";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodeRuntime } from "@nodetcd/runtime/node";
import { freePort } from "./real-etcd.ts";
import { StubMember, type StubOptions } from "./stub-member.ts";

/** Carries connections to a port, until it is told not to. */
export class Proxy {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  cut = false;

  private constructor(port: number, server: Server) {
    this.port = port;
    this.#server = server;
  }

  static async to(target: () => number): Promise<Proxy> {
    const port = await freePort();
    const server = createServer();
    const proxy = new Proxy(port, server);
    server.on("connection", (near) => {
      if (proxy.cut) return void near.destroy();
      const far = createConnection(target(), "127.0.0.1");
      for (const [one, other] of [
        [near, far],
        [far, near],
      ] as const) {
        proxy.#sockets.add(one);
        one.on("error", () => undefined);
        one.on("close", () => {
          proxy.#sockets.delete(one);
          other.destroy();
        });
        one.pipe(other);
      }
    });
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    return proxy;
  }

  /** Breaks all connections, and takes none until `heal`. */
  break(): void {
    this.cut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  heal(): void {
    this.cut = false;
  }

  async close(): Promise<void> {
    this.break();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

export interface StubGroup {
  readonly members: readonly StubMember[];
  /** In front of each member's port. */
  readonly proxies: readonly Proxy[];
  leader(): StubMember | undefined;
  close(): Promise<void>;
}

/** Members of ours in one process, ids 1 to `size`, each behind a proxy. */
export async function startGroup(
  size: number,
  more: (id: bigint) => Partial<StubOptions> = () => ({}),
): Promise<StubGroup> {
  const folder = mkdtempSync(join(tmpdir(), "peers-test-"));
  const ids = Array.from({ length: size }, (_, i) => BigInt(i + 1));
  const ports = await Promise.all(ids.map(() => freePort()));
  const proxies = await Promise.all(ids.map((_, i) => Proxy.to(() => ports[i]!)));
  const urls = ids.map((id, i) => [id, `http://127.0.0.1:${proxies[i]!.port}`] as const);
  const members = ids.map(
    (id, i) =>
      new StubMember({
        runtime: nodeRuntime,
        id,
        clusterId: 0xc1n,
        port: ports[i]!,
        snapshotDirectory: folder,
        peers: urls.filter(([other]) => other !== id),
        founders: ids,
        tickMs: 20,
        ...more(id),
      }),
  );
  for (const member of members) await member.start();
  return {
    members,
    proxies,
    leader: () => members.find((member) => member.node.role === "leader"),
    close: async () => {
      await Promise.all(members.map((member) => member.stop()));
      await Promise.all(proxies.map((proxy) => proxy.close()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
