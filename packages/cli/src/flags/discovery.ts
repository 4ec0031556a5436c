/** How the founders of a cluster find each other when `--initial-cluster` does not name them. */
import type { Discovery } from "./draft.ts";
import { type Flag, flag } from "./flag.ts";
import { bool, choice, duration, type Kind, text, words } from "./kinds.ts";
import { notBuilt, V2_DISCOVERY } from "./not-built.ts";

/** A flag that is one setting of the registry's client. */
function setting<Name extends keyof Discovery>(
  name: string,
  kind: Kind<Discovery[Name]>,
  defaultText: string,
  help: string,
  key: Name,
): Flag {
  return flag(name, kind, defaultText, help, ({ discovery }, value) => {
    discovery[key] = value;
  });
}

const empty = (value: string): boolean => value === "";

export const DISCOVERY: readonly Flag[] = [
  notBuilt("discovery", text, "", V2_DISCOVERY, empty),
  setting("discovery-token", text, "", "Name of the new cluster in the registry.", "token"),
  setting(
    "discovery-endpoints",
    words,
    "",
    "Comma-separated endpoints of the etcd that keeps the registry.",
    "endpoints",
  ),
  setting("discovery-dial-timeout", duration, "2s", "To connect to the registry.", "dialTimeoutMs"),
  setting(
    "discovery-request-timeout",
    duration,
    "5s",
    "For a request to the registry.",
    "requestTimeoutMs",
  ),
  setting(
    "discovery-keepalive-time",
    duration,
    "2s",
    "Silence before the registry is asked whether it lives.",
    "keepaliveMs",
  ),
  setting(
    "discovery-keepalive-timeout",
    duration,
    "6s",
    "Until the connection to the registry is given up then.",
    "keepaliveTimeoutMs",
  ),
  setting(
    "discovery-insecure-transport",
    bool,
    "true",
    "Talk to the registry without TLS.",
    "insecureTransport",
  ),
  setting(
    "discovery-insecure-skip-tls-verify",
    bool,
    "false",
    "Take any certificate of the registry; for tests.",
    "skipVerify",
  ),
  setting("discovery-cert", text, "", "Certificate file for the registry.", "cert"),
  setting("discovery-key", text, "", "Key file for the registry.", "key"),
  setting("discovery-cacert", text, "", "CA file that the registry is verified with.", "cacert"),
  setting("discovery-user", text, "", "User at the registry, or user:password.", "user"),
  setting("discovery-password", text, "", "Password of that user.", "password"),
  notBuilt("discovery-fallback", choice(["exit", "proxy"]), "exit", V2_DISCOVERY, () => true),
  notBuilt("discovery-proxy", text, "", V2_DISCOVERY, empty),
  flag(
    "discovery-srv",
    text,
    "",
    "Domain whose SRV records name the members, for the first start.",
    ({ config }, value) => {
      config.discoverySrv = value;
    },
  ),
  flag(
    "discovery-srv-name",
    text,
    "",
    "Ending of the names of those services.",
    ({ config }, value) => {
      config.discoverySrvName = value;
    },
  ),
];
