/** Who is let in, and what is said about it at the start. */
import { readFileSync } from "node:fs";
import { type ApiOptions, isLoopback, readTokens } from "@nodetcd/jobs";
import { CliError } from "../errors.ts";
import type { JobsSettings } from "./settings.ts";

export function tell(text: string): void {
  process.stderr.write(`${text}\n`);
}

const OPEN = "Who can reach it can run programs here, as the user that this runs as.";
const BEYOND =
  "WARNING: it listens beyond this machine and asks nobody who they are: see --token-auth-file and --client-ca-file";
const UNENCRYPTED =
  "WARNING: it listens beyond this machine without encryption: tokens can be read on the way, see --tls-cert-file";
const KNOWN = "Who may create Jobs can run programs here, as the user that this runs as.";

function readFile<T>(flag: string, file: string, parse: (text: string) => T): T {
  try {
    return parse(readFileSync(file, "utf8"));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new CliError("BAD_CONFIGURATION", `${flag} ${file}: ${why}`, "Nothing was started");
  }
}

/** Reads the file of tokens, and sees that those of TLS can be read. Raises `BAD_CONFIGURATION`. */
export function readAccess(settings: JobsSettings): Pick<ApiOptions, "tokens" | "tls" | "grants"> {
  const { tokenFile, tls, grants } = settings;
  const tokens =
    tokenFile === "" ? {} : { tokens: readFile("--token-auth-file", tokenFile, readTokens) };
  if (tls === undefined) return { ...tokens, grants };
  const isText = (text: string): number => text.length;
  readFile("--tls-cert-file", tls.certFile, isText);
  readFile("--tls-private-key-file", tls.keyFile, isText);
  if (tls.clientCaFile !== undefined) readFile("--client-ca-file", tls.clientCaFile, isText);
  return { ...tokens, tls, grants };
}

/** How kubectl gets in, and who else does. */
export function welcome({ host, tokenFile, tls }: JobsSettings, url: string): void {
  const flags = [`-s ${url}`];
  if (tls !== undefined) flags.push("--certificate-authority=FILE");
  if (tokenFile !== "") flags.push("--token=TOKEN");
  else if (tls?.clientCaFile !== undefined)
    flags.push("--client-certificate=FILE --client-key=FILE");
  tell(`Serving Kubernetes' API for Jobs. Try: kubectl ${flags.join(" ")} get jobs`);
  const asks = tokenFile !== "" || tls?.clientCaFile !== undefined;
  tell(asks ? KNOWN : OPEN);
  if (isLoopback(host)) return;
  if (!asks) tell(BEYOND);
  else if (tls === undefined) tell(UNENCRYPTED);
}
