import { issue, type KeyKind, makeAuthority, readCertificate } from "@nodetcd/certificates";
import type { CertificateFolder } from "./folder.ts";
import { usageGuide } from "./guide.ts";

export interface CreateOptions {
  readonly hosts: readonly string[];
  readonly clients: readonly string[];
  /** "" for the only member; else the names of its files begin with it. */
  readonly member: string;
  readonly days: number;
  readonly keyKind: KeyKind;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** `server`, or `db1-server`. */
function fileName(member: string, what: string): string {
  return member === "" ? what : `${member}-${what}`;
}

/** Makes what is missing: the authority, a member's two certificates, one for each client. What is there stays. */
export async function create(folder: CertificateFolder, options: CreateOptions): Promise<string> {
  const { hosts, clients, member, now, days, keyKind } = options;
  const validity = { now, days };
  folder.prepare();
  const said: string[] = [];
  if (!folder.has("ca")) {
    const commonName = "nodetcd certificate authority";
    folder.write("ca", await makeAuthority({ commonName, validity, keyKind }));
    said.push(
      `${folder.file("ca.crt")}: made, the authority; give it to everybody who connects`,
      `${folder.file("ca.key")}: made, SECRET; who has it can let anybody in, so keep it where no member runs`,
    );
  }
  const authority = folder.authority();
  const make = async (
    name: string,
    commonName: string,
    names: readonly string[],
    usages: readonly ("server" | "client")[],
  ): Promise<void> => {
    if (folder.has(name)) {
      const known = readCertificate(folder.read(name).cert).hosts;
      const for_ = known.length === 0 ? "" : `, for ${known.join(", ")}`;
      said.push(`${folder.file(`${name}.crt`)}: is there, and stays${for_}`);
      return;
    }
    const pair = await issue(authority, { commonName, hosts: names, usages, validity, keyKind });
    folder.write(name, pair);
    const whom = names.length === 0 ? `client ${commonName}` : names.join(", ");
    said.push(`${folder.file(`${name}.crt`)}: made, for ${whom}`);
  };
  const [server, peer] = [fileName(member, "server"), fileName(member, "peer")];
  const memberName = member === "" ? "nodetcd" : member;
  // A member also calls itself, and its peers, with the certificate that it serves with.
  await make(server, memberName, hosts, ["server", "client"]);
  await make(peer, memberName, hosts, ["server", "client"]);
  for (const client of clients) await make(`client-${client}`, client, [], ["client"]);
  const client = `client-${clients[0] ?? "root"}`;
  return `${said.join("\n")}\n\n${usageGuide(folder, { server, peer, client })}`;
}
