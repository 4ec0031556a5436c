import { rmSync } from "node:fs";
import { METHODS, type MessageCodec, type Method, type Init } from "@nodetcd/messages";
import { silentLogger } from "@nodetcd/runtime";
import { nodeNetwork } from "@nodetcd/runtime/node";
import type { MemberConfig } from "../../src/server.ts";
import { startTestMember, temporaryDirectory, type TestMember } from "./member.ts";

/** Ports that nobody has at the moment. */
async function freePorts(count: number): Promise<number[]> {
  const options = { host: "127.0.0.1", port: 0, onSocket: () => undefined };
  const listeners = await Promise.all(
    Array.from({ length: count }, () => nodeNetwork.listen(options)),
  );
  const ports = listeners.map(({ port }) => port);
  await Promise.all(listeners.map((listener) => listener.close()));
  return ports;
}

/** Members of one cluster in this process, talking over real sockets. */
export class TestCluster {
  readonly members: (TestMember | undefined)[] = [];
  readonly configs: Partial<MemberConfig>[] = [];
  readonly #options: Partial<MemberConfig>;

  constructor(options: Partial<MemberConfig>) {
    this.#options = options;
  }

  /** Founds a cluster. */
  static async start(size: number, options: Partial<MemberConfig> = {}): Promise<TestCluster> {
    const cluster = new TestCluster(options);
    const urls = (await freePorts(size)).map((port) => `http://127.0.0.1:${port}`);
    const initialCluster = urls.map((url, i) => `m${i}=${url}`).join(",");
    for (const url of urls) cluster.#configure(url, initialCluster);
    await Promise.all(urls.map((_, i) => cluster.restart(i)));
    return cluster;
  }

  #configure(url: string, initialCluster: string): void {
    this.configs.push({
      ...this.#options,
      name: `m${this.configs.length}`,
      dataDir: temporaryDirectory(),
      listenPeerUrls: [url],
      initialAdvertisePeerUrls: [url],
      initialCluster,
    });
  }

  /** Starts a member that was stopped, or that was never started. */
  async restart(i: number): Promise<TestMember> {
    const member = await startTestMember(this.configs[i], silentLogger);
    this.members[i] = member;
    return member;
  }

  async stop(i: number): Promise<void> {
    const member = this.members[i];
    this.members[i] = undefined;
    await member?.stop();
  }

  get running(): TestMember[] {
    return this.members.filter((member) => member !== undefined);
  }

  /** The place of the leader, as soon as there is one. */
  async leader(): Promise<number> {
    for (;;) {
      const place = this.members.findIndex(
        (m) => m !== undefined && m.member.id === m.member.status().leader,
      );
      if (place >= 0) return place;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Adds a member through another, and says how it is to be started. */
  async add(through: TestMember, isLearner = false): Promise<number> {
    const [port] = await freePorts(1);
    const url = `http://127.0.0.1:${port}`;
    const name = `m${this.configs.length}`;
    const { members } = await call(through, METHODS.Cluster.MemberAdd, {
      peerUrls: [url],
      isLearner,
    });
    const text = members.map((m) => `${m.name === "" ? name : m.name}=${m.peerUrls[0]}`).join(",");
    this.#configure(url, text);
    Object.assign(this.configs.at(-1)!, { initialClusterState: "existing" });
    return this.configs.length - 1;
  }

  async dispose(): Promise<void> {
    await Promise.all(this.members.map((_, i) => this.stop(i)));
    for (const { dataDir } of this.configs) rmSync(dataDir!, { recursive: true, force: true });
  }
}

/** Calls a unary method of the table. */
export function call<Request, Reply>(
  member: TestMember,
  method: Method<Request, Reply>,
  fields: Init<Request>,
): Promise<Reply> {
  const codecs: { request: MessageCodec<Request>; response: MessageCodec<Reply> } = method;
  return member.call(method.path.slice(1), codecs.request, codecs.response, fields);
}
