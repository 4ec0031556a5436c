import { join } from "node:path";
import { Client } from "@nodetcd/client";
import type { Logger } from "@nodetcd/runtime";
import { nodeRuntime } from "@nodetcd/runtime/node";
import type { BesideOptions } from "../console/beside.ts";
import type { JobsSettings } from "./settings.ts";

/** The etcd that holds the state. */
export interface OpenEtcd {
  readonly client: Client;
  /** Resolves with the reason when a member in this process cannot go on. */
  readonly failed: Promise<Error> | undefined;
  /** How others in this process reach it. */
  readonly reach: Pick<BesideOptions, "endpoints" | "services" | "tls">;
  close(): Promise<void>;
}

/** Servers elsewhere, or a member in this process, whose modules are only then loaded. */
export async function openEtcd({ etcd, dataDir }: JobsSettings, logger: Logger): Promise<OpenEtcd> {
  if (etcd !== undefined) {
    const client = new Client({ runtime: nodeRuntime, ...etcd, logger });
    const close = (): Promise<void> => Promise.resolve(client.close());
    return { client, failed: undefined, reach: etcd, close };
  }
  const { defaultConfig, startMember } = await import("@nodetcd/server");
  const config = {
    ...defaultConfig,
    name: "jobs",
    dataDir: join(dataDir, "etcd"),
    listenClientUrls: [],
    listenPeerUrls: [],
  };
  const member = await startMember(nodeRuntime, config, logger);
  const client = new Client({ runtime: nodeRuntime, services: member.services, logger });
  return {
    client,
    failed: member.failed,
    reach: { services: member.services },
    async close() {
      client.close();
      await member.stop();
    },
  };
}
