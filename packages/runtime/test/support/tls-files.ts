import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { issue, type IssueOptions, type KeyPairPem, makeAuthority } from "@nodetcd/certificates";

export const DAY_MS = 86_400_000;
export const validity = { now: Date.now() - DAY_MS, days: 10 };
export const authority: KeyPairPem = await makeAuthority({ commonName: "ours", validity });
export const stranger: KeyPairPem = await makeAuthority({ commonName: "theirs", validity });

/** A certificate of `authority` for this host, with what is changed. */
export function made(changes: Partial<IssueOptions> = {}, by = authority): Promise<KeyPairPem> {
  return issue(by, {
    commonName: "m1",
    hosts: ["localhost", "127.0.0.1"],
    usages: ["server", "client"],
    validity,
    ...changes,
  });
}

const directory = mkdtempSync(join(tmpdir(), "tls-test-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

export function file(name: string, content: string | Uint8Array): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

let pairs = 0;
/** Both halves in files. */
export function files({ cert, key }: KeyPairPem): { certFile: string; keyFile: string } {
  const id = pairs++;
  return { certFile: file(`${id}.crt`, cert), keyFile: file(`${id}.key`, key) };
}
