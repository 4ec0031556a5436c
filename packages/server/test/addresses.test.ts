import { mkdtempSync, rmSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { socketShares } from "../src/listen-limits.ts";
import { dispose, startTestMember } from "./support/member.ts";

const directory = mkdtempSync(join(tmpdir(), "addresses-test-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const socketFile = (name: string): string => join(directory, name);

function status(socketPath: string, path: string): Promise<number | string> {
  return new Promise((resolve) => {
    const asked = request({ socketPath, path }, (reply) => {
      reply.resume();
      resolve(reply.statusCode ?? 0);
    });
    asked.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    asked.end();
  });
}

describe("addresses by what is served there", () => {
  // Columns as real etcd 3.7.1 answers them, but for the JSON gateway.
  const EXPECTED: readonly [string, unknown, unknown, unknown, unknown][] = [
    ["/health", "ECONNRESET", 200, 200, 404],
    ["/livez", "ECONNRESET", 200, 200, 404],
    ["/readyz/serializable_read", "ECONNRESET", 200, 200, 404],
    ["/metrics", "ECONNRESET", 200, 200, 404],
    ["/version", "ECONNRESET", 200, 404, 200],
    ["/debug/vars", "ECONNRESET", 200, 404, 404],
    ["/members", "ECONNRESET", 404, 404, 200],
    ["/", "ECONNRESET", 404, 404, 404],
  ];

  test("gRPC only, HTTP only, metrics and peers", async () => {
    const [clients, http, metrics, peers] = ["clients", "http", "metrics", "peers"].map(socketFile);
    const member = await startTestMember({
      listenClientUrls: [`unix://${clients}`],
      listenClientHttpUrls: [`unix://${http}`],
      listenMetricsUrls: [`unix://${metrics}`],
      listenPeerUrls: [`unix://${peers}`],
    });
    for (const [path, ...expected] of EXPECTED) {
      const found = await Promise.all(
        [clients, http, metrics, peers].map((file) => status(file ?? "", path)),
      );
      expect([path, ...found]).toEqual([path, ...expected]);
    }
    await dispose(member);
  });

  test("gRPC and HTTP apart on one address is a contradiction", async () => {
    const url = `unix://${socketFile("twice")}`;
    const started = startTestMember({ listenClientUrls: [url], listenClientHttpUrls: [url] });
    await expect(started).rejects.toMatchObject({
      code: "BAD_CONFIG",
      message: expect.stringContaining("cannot bind both"),
    });
  });
});

describe("socketShares", () => {
  test.each([
    [1024, 874, 25],
    [300, 150, 25],
    [200, 100, 16],
    [64, 16, 8],
    [40, 1, 8],
  ])("of %i descriptors: %i clients, %i others", (descriptors, clients, others) => {
    expect(socketShares(descriptors)).toEqual({ clients, others });
  });
});
