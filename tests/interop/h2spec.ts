/** h2spec against the client port. */
import { type Peer, peer } from "../peers.ts";
import { run, startServer } from "../processes.ts";

/** Findings that are as they should be here, by the text of h2spec, with the reason. */
const JUSTIFIED: Readonly<Record<string, string>> = {
  "Sends invalid connection preface":
    "the port also serves HTTP/1.1: what is no HTTP/2 preface gets that protocol's answer, 400, and is closed",
};

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
    const findings = new Set([...text.matchAll(/× \d+: (.*)/g)].map(([, what = ""]) => what));
    const unexplained = [...findings].filter((what) => JUSTIFIED[what] === undefined);
    if (summary === undefined || unexplained.length > 0) {
      throw new Error(`${summary}\n${text.slice(text.indexOf("Failures:"))}`);
    }
    const reasons = [...findings].map((what) => `"${what}" (${JUSTIFIED[what]})`);
    return [summary, ...reasons].join("; justified: ");
  } finally {
    await server.stop();
  }
}
