import { readFileSync, statSync } from "node:fs";
import * as https from "node:https";
import { constants } from "node:crypto";
import type { TLSSocket } from "node:tls";
import type { Logger } from "@nodetcd/runtime";
import type { ClientCertificate } from "./exchange.ts";

/** Files in PEM. New contents are taken within a minute, without a restart; broken ones leave what there was. */
export interface TlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
  /** Roots of clients' certificates. Absent: clients are not asked for any. */
  readonly clientCaFile?: string;
}

const RELOAD_MS = 60_000;

function read({ certFile, keyFile, clientCaFile }: TlsFiles): https.ServerOptions {
  return {
    cert: readFileSync(certFile),
    key: readFileSync(keyFile),
    ...(clientCaFile === undefined ? {} : { ca: readFileSync(clientCaFile) }),
    minVersion: "TLSv1.2",
    // No session is taken up again: each connection shows its certificate, and it is checked.
    secureOptions: constants.SSL_OP_NO_TICKET,
  };
}

/** Changes with each of the files. */
function versionOf(files: TlsFiles): string {
  const all = [files.certFile, files.keyFile, files.clientCaFile ?? files.certFile];
  return all.map((file) => statSync(file, { throwIfNoEntry: false })?.mtimeMs).join();
}

/** An HTTPS server on these files. Raises when they cannot be read or do not go together. */
export function createTlsServer(
  files: TlsFiles,
  options: https.ServerOptions,
  logger: Logger,
): https.Server {
  const server = https.createServer({
    ...options,
    ...read(files),
    ALPNProtocols: ["http/1.1"],
    requestCert: files.clientCaFile !== undefined,
    // Who shows none may have a token; one that is not good is refused with an answer.
    rejectUnauthorized: false,
  });
  let version = versionOf(files);
  const reload = (): void => {
    const found = versionOf(files);
    if (found === version) return;
    version = found;
    try {
      server.setSecureContext(read(files));
    } catch (error) {
      logger.warn("certificates are not read anew", { error: String(error), ...files });
    }
  };
  const timer = setInterval(reload, RELOAD_MS).unref();
  server.on("close", () => clearInterval(timer));
  return server;
}

const listOf = (value: string | string[] | undefined): string[] =>
  value === undefined ? [] : [value].flat();

/** What the client at the other end has shown. */
export function certificateOf(socket: TLSSocket): ClientCertificate | undefined {
  const { subject } = socket.getPeerCertificate() as {
    subject?: Record<string, string | string[]>;
  };
  if (subject === undefined) return undefined;
  return {
    verified: socket.authorized,
    name: listOf(subject["CN"]).at(-1) ?? "",
    groups: listOf(subject["O"]),
  };
}
