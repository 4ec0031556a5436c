import * as crypto from "node:crypto";
import { type Disk, DiskError, type DiskErrorCode } from "../../disk.ts";
import type { TlsServerOptions } from "../../tls.ts";

type Files = TlsServerOptions["disk"];

/** Go's words. */
const REASONS: Partial<Record<DiskErrorCode, string>> = {
  NOT_FOUND: "no such file or directory",
  NO_PERMISSION: "permission denied",
};

/** Reads a file; fails as etcd would: `open /a/b: no such file or directory`. */
export function readTlsFile(disk: Pick<Disk, "readFile">, path: string): Uint8Array {
  try {
    return disk.readFile(path);
  } catch (error) {
    if (!(error instanceof DiskError)) throw error;
    const reason = REASONS[error.code] ?? error.message;
    throw new Error(`open ${path}: ${reason}`, { cause: error });
  }
}

export interface KeyPair {
  readonly cert: Uint8Array;
  readonly key: Uint8Array;
}

function isSame(a: KeyPair | undefined, b: KeyPair): boolean {
  if (a === undefined) return false;
  return Buffer.compare(a.cert, b.cert) === 0 && Buffer.compare(a.key, b.key) === 0;
}

function checkPem(bytes: Uint8Array, what: string): void {
  if (Buffer.from(bytes).includes("-----BEGIN ")) return;
  throw new Error(`tls: failed to find any PEM data in ${what} input`);
}

/** Whether both are what they should be and belong together; otherwise fails in Go's words. */
function checkPair({ cert, key }: KeyPair): void {
  checkPem(cert, "certificate");
  checkPem(key, "key");
  let certificate: crypto.X509Certificate;
  let privateKey: crypto.KeyObject;
  try {
    certificate = new crypto.X509Certificate(cert);
  } catch (cause) {
    throw new Error("x509: malformed certificate", { cause });
  }
  try {
    privateKey = crypto.createPrivateKey(Buffer.from(key));
  } catch (cause) {
    throw new Error("tls: failed to parse private key", { cause });
  }
  if (certificate.checkPrivateKey(privateKey)) return;
  const types = [certificate.publicKey, privateKey].map((each) => each.asymmetricKeyType);
  const reason = types[0] === types[1] ? "" : " type";
  throw new Error(`tls: private key${reason} does not match public key${reason}`);
}

/** A certificate and its key, in files that may be replaced at any time. */
export class KeyPairFiles {
  readonly #disk: Files;
  readonly #certFile: string;
  readonly #keyFile: string;
  #last: KeyPair | undefined;

  constructor({
    disk,
    certFile,
    keyFile,
  }: Pick<TlsServerOptions, "disk" | "certFile" | "keyFile">) {
    this.#disk = disk;
    this.#certFile = certFile;
    this.#keyFile = keyFile;
  }

  /** What the files hold now, or undefined when that is what the last call has returned. */
  readIfChanged(): KeyPair | undefined {
    const now = {
      cert: readTlsFile(this.#disk, this.#certFile),
      key: readTlsFile(this.#disk, this.#keyFile),
    };
    if (isSame(this.#last, now)) return undefined;
    this.#last = undefined;
    checkPair(now);
    this.#last = now;
    return now;
  }
}

/** Bundles of the system's roots, in the places where Go looks for them. */
const BUNDLES = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/ca-bundle.pem",
  "/etc/pki/tls/cacert.pem",
  "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
  "/etc/ssl/cert.pem",
];

/** The roots that this system trusts; undefined: it says nothing, take those of Node. */
export function systemRoots(disk: Files): Buffer | undefined {
  const named = process.env["SSL_CERT_FILE"];
  const path = named || BUNDLES.find((each) => disk.exists(each));
  return path === undefined ? undefined : Buffer.from(readTlsFile(disk, path));
}
