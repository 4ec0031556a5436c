import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { issue, makeAuthority } from "@nodetcd/certificates";
import { nodeRuntime } from "@nodetcd/runtime/node";
import { afterAll, describe, expect, it } from "vitest";
import { Client, type ClientOptions } from "@nodetcd/client";
import { realEtcdBinaries, startRealEtcd } from "./real-etcd.ts";

const directory = mkdtempSync(join(tmpdir(), "client-tls-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const validity = { now: Date.now() - 1_000, days: 10 };
const authority = await makeAuthority({ commonName: "ours", validity });
const stranger = await makeAuthority({ commonName: "theirs", validity });
const server = await issue(authority, {
  commonName: "s",
  hosts: ["127.0.0.1", "db.example"],
  usages: ["server"],
  validity,
});
const member = { commonName: "root", hosts: [], usages: ["client" as const], validity };
const own = await issue(authority, member);
const foreign = await issue(stranger, member);
const file = (name: string, content: string): string => {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
};
const flags = [
  ["--cert-file", file("s.crt", server.cert)],
  ["--key-file", file("s.key", server.key)],
  ["--trusted-ca-file", file("ca.crt", authority.cert)],
  ["--client-cert-auth"],
].flat();

const withClient = async <T>(
  options: Omit<ClientOptions, "runtime">,
  work: (client: Client) => Promise<T>,
): Promise<T> => {
  using client = new Client({ runtime: nodeRuntime, timeoutMs: 2_000, ...options });
  return await work(client);
};

describe("TLS against real etcd", () => {
  it.each(realEtcdBinaries())(
    "$version: takes both certificates, and says what is wrong",
    async ({ path }) => {
      const etcd = await startRealEtcd(path, { scheme: "https", flags });
      try {
        const endpoints = etcd.endpoint;
        const ca = authority.cert;
        const use = (tls: ClientOptions["tls"]): Promise<string | undefined> =>
          withClient({ endpoints, tls: tls! }, async (client) => {
            await client.put("a", "b");
            const watcher = client.watch("a", { startRevision: 1 });
            for await (const event of watcher) return event.keyValue.text();
            return undefined;
          });
        expect(await use({ ca, ...own })).toBe("b");
        expect(await use({ ca, ...own, serverName: "db.example" })).toBe("b");
        expect(await use(() => ({ ca, ...own }))).toBe("b");
        expect(await use({ skipVerify: true, ...own })).toBe("b");
        await expect(use({ ca: stranger.cert, ...own })).rejects.toThrow(
          "signed by unknown authority",
        );
        await expect(use({ ca, ...own, serverName: "other.example" })).rejects.toThrow(
          "certificate is valid for db.example, 127.0.0.1, not other.example",
        );
        await expect(use({ ca })).rejects.toMatchObject({ code: "UNAVAILABLE" });
        await expect(use({ ca, ...foreign })).rejects.toMatchObject({ code: "UNAVAILABLE" });
      } finally {
        await etcd.stop();
      }
    },
    60_000,
  );
});
