/** Three members, and how each of them is asked: what they say is written without what differs in every run. */
import { type Init, type Method, METHODS } from "@nodetcd/messages";
import { httpGet } from "../../processes.ts";
import { Connection, type Metadata, RpcFailure } from "../../rpc.ts";
import { patiently } from "../patience.ts";
import type { ProcessCluster, Seat } from "../process-cluster.ts";
import type { Recording } from "./recording.ts";

export type KindName = "theirs" | "ours" | "mixed";

export class Stage {
  readonly cluster: ProcessCluster;

  readonly recording: Recording;

  constructor(cluster: ProcessCluster, recording: Recording) {
    this.cluster = cluster;
    this.recording = recording;
  }

  get seats(): readonly Seat[] {
    return this.cluster.seats;
  }

  leader(): Promise<Seat> {
    return patiently(async () => {
      const leader = await this.cluster.leader();
      if (leader === undefined) throw new Error("there is no leader");
      return leader;
    });
  }

  async follower(): Promise<Seat> {
    const leader = await this.leader();
    return this.seats.find((seat) => seat !== leader)!;
  }

  /** `0` or `code message` of a call. */
  async ask<Q, A>(
    { url }: Seat,
    method: Method<Q, A>,
    request: Init<Q>,
    timeoutMs = 12_000,
    show: (answer: A) => string = () => "",
  ): Promise<string> {
    const connection = new Connection(url);
    try {
      return `0 ${show(await connection.call(method, request, timeoutMs))}`.trim();
    } catch (error) {
      if (error instanceof RpcFailure) return this.plain(`${error.code} ${error.message}`);
      throw error;
    } finally {
      connection.close();
    }
  }

  async call<Q, A>(
    { url }: Seat,
    method: Method<Q, A>,
    request: Init<Q>,
    metadata?: Metadata,
  ): Promise<A> {
    const connection = new Connection(url);
    try {
      return await connection.call(method, request, 12_000, metadata);
    } finally {
      connection.close();
    }
  }

  /** Status, content type and body of a page at the client port. */
  async page({ clientPort }: Seat, path: string): Promise<string> {
    const { status, contentType, body } = await httpGet(clientPort, path, 15_000);
    // Checks are printed in random order.
    const lines = body.trimEnd().split("\n").toSorted();
    return this.plain(`${status} ${contentType} ${lines.join(" | ")}`);
  }

  /** Without ids, ports and times. */
  plain(text: string): string {
    let plain = text;
    for (const { name, id, url, peerUrl } of this.seats) {
      plain = plain
        .replaceAll(peerUrl, `<peer ${name}>`)
        .replaceAll(url, `<url ${name}>`)
        .replaceAll(id.toString(16), `<${name}>`)
        .replaceAll(String(id), `<${name}>`);
    }
    return plain.replace(/127\.0\.0\.1:\d+/g, "<address>");
  }

  /** Once each of these stands in what the member has logged; names those that never came. */
  async logged(seat: Seat, texts: readonly string[]): Promise<string> {
    const missing = (): string[] => texts.filter((text) => !seat.process!.log.includes(text));
    for (let i = 0; i < 100 && missing().length > 0; i++) {
      await new Promise((resolve) => void setTimeout(resolve, 100));
    }
    return missing().length === 0 ? "all logged" : `not logged: ${missing().join("; ")}`;
  }

  async members(through: Seat): Promise<string> {
    const { members } = await this.call(through, METHODS.Cluster.MemberList, {});
    const lines = members.map(({ name, isLearner, peerUrls, clientUrls }) =>
      [name || "unstarted", isLearner ? "learner" : "voter", ...peerUrls, ...clientUrls].join(" "),
    );
    return this.plain(lines.toSorted().join(" | "));
  }
}
