/** Certificates of every kind that the rows need, in one folder. */
import { createPublicKey } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  issue,
  type IssueOptions,
  KEY_KINDS,
  makeAuthority,
  revocationList,
} from "@nodetcd/certificates";

const DAY_MS = 86_400_000;

/** The key of HS256. */
export const SECRET = "a secret of more than thirty-two bytes";

/** Makes them; files are `NAME.crt`, `NAME.key`, of servers `NAME.pub`, `revoked.crl`, `nobody.crl`, `pem.crl` and `secret`. */
export async function makeFiles(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const validity = { now: Date.now() - DAY_MS, days: 100 };
  const ours = await makeAuthority({ commonName: "ours", validity });
  const theirs = await makeAuthority({ commonName: "theirs", validity });
  const save = (name: string, pair: { cert: string; key: string }): void => {
    writeFileSync(join(folder, `${name}.crt`), pair.cert);
    writeFileSync(join(folder, `${name}.key`), pair.key, { mode: 0o600 });
  };
  const client = (changes: Partial<IssueOptions> = {}, by = ours) =>
    issue(by, { commonName: "root", hosts: [], usages: ["client"], validity, ...changes });
  const both = { usages: ["server", "client"], hosts: ["localhost", "127.0.0.1"] } as const;
  save("ca", ours);
  for (const keyKind of KEY_KINDS) {
    if (keyKind === "rsa-4096") continue;
    const pair = await issue(ours, { commonName: keyKind, ...both, validity, keyKind });
    save(`server-${keyKind}`, pair);
    const publicKey = createPublicKey(pair.key).export({ type: "spki", format: "pem" });
    writeFileSync(join(folder, `server-${keyKind}.pub`), publicKey);
  }
  save("server-root", await client(both));
  save("user", await client({ commonName: "u1" }));
  save("stranger", await client({ commonName: "nobody" }));
  save("unnamed", await client({ commonName: "" }));
  save("here", await client({ usages: ["server", "client"], hosts: ["127.0.0.1"] }));
  for (const commonName of ["m1", "m2"]) save(commonName, await client({ ...both, commonName }));
  save("named", await client({ hosts: ["localhost"] }));
  save("named-elsewhere", await client({ hosts: ["10.0.0.1", "localhost"] }));
  writeFileSync(join(folder, "secret"), SECRET, { mode: 0o600 });
  const good = await client();
  const revoked = await client({ commonName: "bad" });
  save("client", good);
  save("revoked", revoked);
  save("rsa", await client({ keyKind: "rsa-2048" }));
  save("foreign", await client({}, theirs));
  save("for-servers", await client({ usages: ["server"] }));
  save("expired", await client({ validity: { now: Date.now() - 9 * DAY_MS, days: 1 } }));
  save("elsewhere", await client({ hosts: ["10.0.0.1"] }));
  save("allowed", await client({ hosts: ["client.example"] }));
  const list = (certificates: string[]) => revocationList(ours, { certificates, validity });
  writeFileSync(join(folder, "revoked.crl"), await list([revoked.cert]));
  writeFileSync(join(folder, "nobody.crl"), await list([]));
  const base64 = Buffer.from(await list([])).toString("base64");
  writeFileSync(
    join(folder, "pem.crl"),
    `-----BEGIN X509 CRL-----\n${base64}\n-----END X509 CRL-----\n`,
  );
}
