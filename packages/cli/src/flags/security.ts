import type { Flag } from "./flag.ts";
import { bool, type Kind, text, uint, words } from "./kinds.ts";
import { notBuilt, ORIGINS, TLS, TOKENS, withoutEffect } from "./not-built.ts";

const tlsText = (name: string, defaultText = ""): Flag =>
  notBuilt(name, text, defaultText, TLS, (value) => value === "");
const tlsSwitch = (name: string): Flag => notBuilt(name, bool, "false", TLS, (on) => !on);
/** These only tune TLS: without TLS they ask for nothing. */
const tuning = <T>(name: string, kind: Kind<T>, defaultText: string): Flag =>
  notBuilt(name, kind, defaultText, TLS, () => true);
const tlsWords = (name: string): Flag =>
  notBuilt(name, words, "", TLS, (values) => values.join("") === "");
const everything = (values: string[]): boolean => ["", "*"].includes(values.join(","));

export const SECURITY: readonly Flag[] = [
  tlsText("cert-file"),
  tlsText("key-file"),
  tlsSwitch("client-cert-auth"),
  tlsText("client-cert-file"),
  tlsText("client-key-file"),
  tlsText("client-crl-file"),
  tlsWords("client-cert-allowed-hostname"),
  tlsText("trusted-ca-file"),
  tlsSwitch("auto-tls"),
  tlsText("peer-cert-file"),
  tlsText("peer-key-file"),
  tlsSwitch("peer-client-cert-auth"),
  tlsText("peer-client-cert-file"),
  tlsText("peer-client-key-file"),
  tlsText("peer-trusted-ca-file"),
  tlsWords("peer-cert-allowed-cn"),
  tlsWords("peer-cert-allowed-hostname"),
  tlsSwitch("peer-auto-tls"),
  tuning("self-signed-cert-validity", uint, "1"),
  tlsText("peer-crl-file"),
  tuning("cipher-suites", words, ""),
  notBuilt("cors", words, "*", ORIGINS, everything),
  notBuilt("host-whitelist", words, "*", ORIGINS, everything),
  tuning("tls-min-version", text, "TLS1.2"),
  tuning("tls-max-version", text, ""),
];

export const AUTH: readonly Flag[] = [
  notBuilt("auth-token", text, "simple", TOKENS, (value) => ["", "simple"].includes(value)),
  withoutEffect("bcrypt-cost", uint, "10", "Cost of hashing passwords."),
  withoutEffect("auth-token-ttl", uint, "300", "Seconds that a simple token lives."),
];
