import { Client, type ClientOptions, type ClusterMember, type MemberStatus } from "@nodetcd/client";
import { ASK_MEMBER_MS } from "../limits.ts";
import { type Metrics, parseMetrics } from "./metrics.ts";

/** What could be learned of one member just now. */
export interface MemberReport {
  readonly member: ClusterMember;
  readonly status: MemberStatus | undefined;
  readonly metrics: Metrics | undefined;
  /** Why there is no status, in one line. */
  readonly error: string;
  /** Why there are no metrics. */
  readonly metricsError: string;
}

/** Reads the text at an http address; fails in time. */
export type FetchText = (url: string, timeoutMs: number) => Promise<string>;

interface Line {
  readonly client: Client;
  readonly urls: string;
}

/** Asks every member by itself, at the addresses that it gives to clients. */
export class Members {
  readonly #client: Client;
  readonly #options: ClientOptions;
  readonly #fetchText: FetchText;
  readonly #lines = new Map<bigint, Line>();
  /** Endpoints that the console was given, by the member that answers there. */
  readonly #given = new Map<bigint, string>();

  constructor(client: Client, options: ClientOptions, fetchText: FetchText) {
    this.#client = client;
    this.#options = options;
    this.#fetchText = fetchText;
  }

  /** Everybody's report; a member that does not answer has an `error`. */
  async ask(): Promise<MemberReport[]> {
    const members = await this.#list();
    return await Promise.all(members.map((member) => this.#report(member)));
  }

  /** A client that calls this member alone. */
  async of(id: bigint): Promise<Client | undefined> {
    const member = (await this.#list()).find((known) => known.id === id);
    return member && this.#line(member);
  }

  close(): void {
    for (const { client } of this.#lines.values()) client.close();
    this.#lines.clear();
  }

  async #list(): Promise<ClusterMember[]> {
    const options = { serializable: true, timeoutMs: ASK_MEMBER_MS };
    const members = await this.#client.cluster.members(options);
    return members.toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  }

  #line(member: ClusterMember): Client | undefined {
    if (this.#options.services !== undefined) return this.#client;
    const known = this.#lines.get(member.id);
    const urls = member.clientUrls.join();
    if (known?.urls === urls) return known.client;
    known?.client.close();
    const usable = member.clientUrls.filter((url) => /^https?:/.test(url));
    if (usable.length === 0) return undefined;
    const client = new Client({ ...this.#options, endpoints: usable });
    this.#lines.set(member.id, { client, urls });
    return client;
  }

  async #report(member: ClusterMember): Promise<MemberReport> {
    if (member.clientUrls.length === 0 && this.#options.services === undefined) {
      return {
        member,
        status: undefined,
        metrics: undefined,
        error: "it has not started yet",
        metricsError: "it has not started yet",
      };
    }
    const [status, metrics] = await Promise.allSettled([
      this.#status(member),
      this.#metrics(member),
    ]);
    return {
      member,
      status: status.status === "fulfilled" ? status.value : undefined,
      metrics: metrics.status === "fulfilled" ? metrics.value : undefined,
      error: status.status === "fulfilled" ? "" : reasonOf(status.reason),
      metricsError: metrics.status === "fulfilled" ? "" : reasonOf(metrics.reason),
    };
  }

  /** At the member's own addresses; when they lead nowhere, at the ones the console was given. */
  async #status(member: ClusterMember): Promise<MemberStatus> {
    const own = this.#line(member);
    try {
      if (own === undefined) throw new Error(`no http address: ${member.clientUrls.join(", ")}`);
      return await own.maintenance.status({ timeoutMs: ASK_MEMBER_MS });
    } catch (error) {
      const given = await this.#givenFor(member.id);
      if (given === undefined) throw error;
      return await this.#client.maintenance.status({ timeoutMs: ASK_MEMBER_MS, endpoint: given });
    }
  }

  async #givenFor(id: bigint): Promise<string | undefined> {
    const known = this.#given.get(id);
    if (known !== undefined) return known;
    await Promise.allSettled(
      this.#client.endpoints.map(async (endpoint) => {
        const timeoutMs = ASK_MEMBER_MS;
        const { memberId } = await this.#client.maintenance.status({ timeoutMs, endpoint });
        this.#given.set(memberId, endpoint);
      }),
    );
    return this.#given.get(id);
  }

  async #metrics(member: ClusterMember): Promise<Metrics> {
    const given = this.#given.get(member.id);
    const urls = [...member.clientUrls, ...(given === undefined ? [] : [`http://${given}`])];
    const url = urls.find((candidate) => candidate.startsWith("http"));
    if (url === undefined) throw new Error("it has no http address");
    const text = await this.#fetchText(`${url.replace(/\/$/, "")}/metrics`, ASK_MEMBER_MS);
    return parseMetrics(text);
  }
}

export function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/^.*desc = "?/, "").slice(0, 200);
}
