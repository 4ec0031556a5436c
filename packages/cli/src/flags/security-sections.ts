import type { Flag } from "./flag.ts";
import { PEER_SKIP_SAN, SECURITY, security, someWords } from "./security.ts";

/** Keys that both sections have, as flags of one side are called. */
const KEYS = ["cert-file", "key-file", "client-cert-auth", "trusted-ca-file", "auto-tls"];

function named(name: string): Flag {
  return SECURITY.find((known) => known.name === name)!;
}

const clients: [string, Flag][] = [
  ...[...KEYS, "client-cert-file", "client-key-file"].map((key): [string, Flag] => [
    key,
    named(key),
  ]),
  ["allowed-hostname", named("client-cert-allowed-hostname")],
  // The only way to say so: there is no flag.
  ["allowed-cn", security("clientTls", "allowed-cn", someWords, "", "", "allowedCommonNames")],
];
const peers: [string, Flag][] = [
  ...[...KEYS, "client-cert-file", "client-key-file"].map((key): [string, Flag] => [
    key,
    named(`peer-${key}`),
  ]),
  ["allowed-cn", named("peer-cert-allowed-cn")],
  ["allowed-hostname", named("peer-cert-allowed-hostname")],
  ["skip-client-san-verification", PEER_SKIP_SAN],
];

/** Sections of etcd's configuration file, with what their keys mean. */
export const SECTION_FLAGS: ReadonlyMap<string, ReadonlyMap<string, Flag>> = new Map([
  ["client-transport-security", new Map(clients)],
  ["peer-transport-security", new Map(peers)],
]);
