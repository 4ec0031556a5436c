/** h2spec against the client port. */
import { type Peer, peer } from "../peers.ts";
import { run, startServer } from "../processes.ts";

export async function proveH2spec(subject: Peer): Promise<string> {
  const h2spec = peer("h2spec");
  if (h2spec === undefined) return "left out";
  // One of its tests opens as many streams as are allowed: etcd's default is 2^32 - 1.
  const server = await startServer(subject, { flags: ["--max-concurrent-streams=100"] });
  try {
    const args = ["-h", "127.0.0.1", "-p", String(server.clientPort), "-o", "2"];
    const { stdout } = await run(h2spec.path, args, { timeoutMs: 100_000 });
    const text = stdout.toString();
    const summary = /\d+ tests, \d+ passed, \d+ skipped, \d+ failed/.exec(text)?.[0];
    if (summary === undefined || !summary.endsWith(" 0 failed")) {
      throw new Error(`${summary}\n${text.slice(text.indexOf("Failures:"))}`);
    }
    return summary;
  } finally {
    await server.stop();
  }
}
