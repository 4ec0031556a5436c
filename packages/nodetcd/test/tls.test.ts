import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { connect, startEtcd } from "nodetcd";

test("startEtcd() serves with TLS, and connect() takes the certificate", async () => {
  const dataDir = mkdtempSync(join(tmpdir(), "nodetcd-tls-"));
  const etcd = await startEtcd({ dataDir, config: { clientTls: { autoTls: true } } });
  try {
    expect(etcd.endpoint).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
    const ca = readFileSync(join(dataDir, "fixtures/client/cert.pem"), "utf8");
    using client = connect(etcd.endpoint, { tls: { ca }, timeoutMs: 5_000 });
    await client.put("a", "b");
    expect((await etcd.client.get("a"))?.text()).toBe("b");
    using stranger = connect(etcd.endpoint, { timeoutMs: 5_000 });
    await expect(stranger.put("a", "c")).rejects.toThrow("certificate signed by unknown authority");
  } finally {
    await etcd.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
});
