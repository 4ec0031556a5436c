/**
 * Watches and leases at scale, real etcd and nodetcd side by side: each scenario on a fresh member of
 * each, one after the other.
 *
 *     npm run bench:watches                      about ten minutes
 *     ONLY=oneKey,revoke SCALE=0.1 npm run bench:watches
 *
 * `SERVERS=nodetcd` leaves out the other one; `SERVER_OPTIONS` go to the Node of nodetcd. Columns: how many, in how many seconds; latency in
 * milliseconds from before the put to the receiver of its event; the longest turn of nodetcd's event loop in
 * milliseconds of processor time (and how many were longer than 10); resident memory at the end; processor
 * seconds used. Linux only.
 */
import { peer, type PeerName } from "../tests/peers.ts";
import { expiry, keepAlive, revoke } from "./watches/lease-scenarios.ts";
import { HEADING } from "./watches/report.ts";
import { Subject } from "./watches/subject.ts";
import { catchUp, manyKeys, neverRead, oneKey, prefixes } from "./watches/watch-scenarios.ts";

const SCENARIOS = { oneKey, manyKeys, prefixes, catchUp, neverRead, keepAlive, expiry, revoke };

const scale = Number(process.env["SCALE"] ?? 1);
const only = process.env["ONLY"]?.split(",");
const names = (process.env["SERVERS"]?.split(",") ?? ["etcd", "nodetcd"]) as PeerName[];
const servers = names.map(peer).filter((found) => found !== undefined);

console.log(
  `${servers.map(({ name, version }) => `${name} ${version}`).join(", ")}; node ${process.version}; SCALE=${scale}`,
);
console.log(HEADING);
for (const [name, scenario] of Object.entries(SCENARIOS)) {
  if (only !== undefined && !only.includes(name)) continue;
  for (const server of servers) {
    const subject = await Subject.start(server);
    try {
      await scenario(subject, scale);
    } catch (error) {
      console.log(`${name} on ${server.name}: ${String(error)}\n${subject.server.tail()}`);
      process.exitCode = 1;
    } finally {
      await subject.stop();
    }
  }
}
process.exit();
