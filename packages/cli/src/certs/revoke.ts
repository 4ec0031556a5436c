import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { readCertificate, revocationList } from "@nodetcd/certificates";
import { CliError } from "../errors.ts";
import type { CertificateFolder } from "./folder.ts";

const LIST = "revoked.crl";

/** Puts a certificate on the list of those that are good no more. */
export async function revoke(
  folder: CertificateFolder,
  name: string,
  { now, days }: { readonly now: number; readonly days: number },
): Promise<string> {
  const authority = folder.authority();
  if (name === "ca" || !folder.has(name)) {
    const known = folder.names().filter((each) => each !== "ca");
    throw new CliError(
      "BAD_CONFIGURATION",
      `${folder.path} has no certificate "${name}" to revoke`,
      `It has ${known.join(", ") || "none"}.`,
    );
  }
  const revoked = folder.file("revoked");
  if (!existsSync(revoked)) mkdirSync(revoked, { mode: 0o700 });
  const { cert } = folder.read(name);
  const { serial } = readCertificate(cert);
  const others = readdirSync(revoked).map((file) => readFileSync(join(revoked, file), "utf8"));
  const validity = { now, days };
  const list = await revocationList(authority, { certificates: [...others, cert], validity });
  folder.writeFile(LIST, list, 0o644);
  renameSync(folder.file(`${name}.crt`), join(revoked, `${name}-${serial}.crt`));
  rmSync(folder.file(`${name}.key`));
  return (
    `${name} is revoked: it is in ${folder.file(LIST)} now, and moved to ${revoked}.\n\n` +
    "Members that are told of the list take it up with the next connection; open connections stay:\n\n" +
    `  nodetcd ... --client-crl-file ${folder.file(LIST)} --peer-crl-file ${folder.file(LIST)}\n`
  );
}
