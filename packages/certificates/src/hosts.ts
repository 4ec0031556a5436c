import { isIP } from "node:net";
import * as x509 from "@peculiar/x509";
import { CertificateError } from "./errors.ts";

/** A name of up to 253 letters, digits, hyphens and dots; its first part may be `*`. */
const NAME = /^(?=.{1,253}$)(\*\.)?[A-Za-z0-9_]([A-Za-z0-9_-]{0,62}\.?)*$/;

/** True for `127.0.0.1` and `::1`, false for names. */
export function isHostAddress(host: string): boolean {
  return isIP(host) !== 0;
}

/** The extension that says for which hosts a certificate is; undefined for none. */
export function hostsExtension(hosts: readonly string[]): x509.Extension | undefined {
  if (hosts.length === 0) return undefined;
  const bad = hosts.find((host) => !isHostAddress(host) && !NAME.test(host));
  if (bad !== undefined) {
    throw new CertificateError(
      "BAD_ARGUMENT",
      `"${bad}" is neither a host name nor an address; write for example db1.example.com, *.example.com or 10.0.0.1`,
    );
  }
  return new x509.SubjectAlternativeNameExtension(
    hosts.map((value) => ({ type: isHostAddress(value) ? "ip" : "dns", value })),
  );
}
