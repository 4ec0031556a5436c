import {
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { KeyPairPem } from "@nodetcd/certificates";
import { nodeDisk } from "@nodetcd/runtime/node";
import { CliError } from "../errors.ts";

const CERTIFICATE = ".crt";

/** The folder of an authority and what it has signed: `NAME.crt` beside `NAME.key`. */
export class CertificateFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** Path of a file in it. */
  file(name: string): string {
    return join(this.path, name);
  }

  /** Makes it, for its owner alone. */
  prepare(): void {
    if (existsSync(this.path)) return;
    nodeDisk.makeDirectory(this.path);
  }

  has(name: string): boolean {
    return existsSync(this.file(name + CERTIFICATE)) && existsSync(this.file(`${name}.key`));
  }

  /** Names of all pairs, sorted. */
  names(): string[] {
    if (!existsSync(this.path)) return [];
    return readdirSync(this.path)
      .filter((file) => file.endsWith(CERTIFICATE))
      .map((file) => file.slice(0, -CERTIFICATE.length))
      .filter((name) => this.has(name))
      .toSorted();
  }

  read(name: string): KeyPairPem {
    return {
      cert: readFileSync(this.file(name + CERTIFICATE), "utf8"),
      key: readFileSync(this.file(`${name}.key`), "utf8"),
    };
  }

  /** The authority; fails with advice when there is none. */
  authority(): KeyPairPem {
    if (this.has("ca")) return this.read("ca");
    throw new CliError(
      "BAD_CONFIGURATION",
      `${this.path} has no authority: ca.crt and ca.key are missing`,
      "Make one with 'nodetcd certs', or name its folder with --dir.",
    );
  }

  /** Puts a pair in place of what is there; the key first, and for its owner alone. */
  write(name: string, { cert, key }: KeyPairPem): void {
    this.writeFile(`${name}.key`, key, 0o600);
    this.writeFile(name + CERTIFICATE, cert, 0o644);
  }

  /** Appears whole or not at all. */
  writeFile(name: string, content: string | Uint8Array, mode: number): void {
    const path = this.file(name);
    writeFileSync(`${path}.tmp`, content, { mode, flush: true });
    chmodSync(`${path}.tmp`, mode);
    renameSync(`${path}.tmp`, path);
  }
}
