/**
 * Foreign programs and hostile bytes against the server.
 *
 *     tsx tests/interop/run.ts [http gateway exchange etcd3 h2spec malformed secured]
 *
 * `SUBJECT=etcd` tries real etcd instead.
 */
import { type Peer, peer } from "../peers.ts";
import { proveEtcd3 } from "./etcd3.ts";
import { proveExchange } from "./exchange.ts";
import { proveGateway } from "./gateway.ts";
import { proveH2spec } from "./h2spec.ts";
import { proveHttp } from "./http.ts";
import { proveMalformed } from "./malformed.ts";
import { proveSecured } from "./secured.ts";

const PROOFS: Readonly<Record<string, (subject: Peer) => Promise<string>>> = {
  http: proveHttp,
  gateway: proveGateway,
  exchange: proveExchange,
  etcd3: proveEtcd3,
  h2spec: proveH2spec,
  malformed: proveMalformed,
  secured: proveSecured,
};

async function main(): Promise<void> {
  const subject = peer(process.env["SUBJECT"] === "etcd" ? "etcd" : "nodetcd");
  if (subject === undefined) return;
  const wanted = process.argv.slice(2);
  let failed = 0;
  for (const [name, prove] of Object.entries(PROOFS)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    try {
      console.log(`ok   ${name}: ${await prove(subject)}`);
    } catch (error) {
      failed += 1;
      console.log(`FAIL ${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  process.exitCode = failed === 0 ? 0 : 1;
}

await main();
