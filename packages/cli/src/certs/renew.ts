import { issue, readCertificate, renewAuthority } from "@nodetcd/certificates";
import type { CertificateFolder } from "./folder.ts";

const DAY_MS = 86_400_000;

/** Makes every certificate of the folder anew, with a new key but the authority's, for the same names. */
export async function renew(
  folder: CertificateFolder,
  { now, days }: { readonly now: number; readonly days: number },
): Promise<string> {
  const validity = { now, days };
  const authority = await renewAuthority(folder.authority(), validity);
  const said: string[] = [];
  const say = (name: string, before: number): void => {
    const left = Math.floor((before - now) / DAY_MS);
    const until = new Date(now + days * DAY_MS).toISOString().slice(0, 10);
    const had = left < 0 ? `ran out ${-left} days ago` : `had ${left} days left`;
    said.push(`${folder.file(`${name}.crt`)}: ${had}, good until ${until}`);
  };
  const authorityEnds = readCertificate(folder.authority().cert).notAfter;
  folder.write("ca", authority);
  say("ca", authorityEnds);
  for (const name of folder.names().filter((each) => each !== "ca")) {
    const facts = readCertificate(folder.read(name).cert);
    folder.write(name, await issue(authority, { ...facts, validity }));
    say(name, facts.notAfter);
  }
  return (
    `${said.join("\n")}\n\nMembers take new certificates of theirs with the next connection, without a restart. Copy the\n` +
    "files to where they are used. What was signed before stays good until its day.\n"
  );
}
