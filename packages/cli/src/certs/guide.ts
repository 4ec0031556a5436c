import type { CertificateFolder } from "./folder.ts";

/** Wraps nothing: flags that belong together are a line. */
function lines(parts: readonly string[]): string {
  return parts.map((part) => `    ${part}`).join(" \\\n");
}

/** The command lines that use what is in the folder. */
export function usageGuide(
  folder: CertificateFolder,
  names: { readonly server: string; readonly peer: string; readonly client: string },
): string {
  const { server, peer, client } = names;
  const ca = folder.file("ca.crt");
  const pair = (flag: string, name: string): string =>
    `--${flag}cert-file ${folder.file(`${name}.crt`)} --${flag}key-file ${folder.file(`${name}.key`)}`;
  return `Serve clients with TLS, and take only those with a certificate of this authority:

  nodetcd \\
${lines([
  pair("", server),
  `--client-cert-auth --trusted-ca-file ${ca}`,
  pair("peer-", peer),
  `--peer-client-cert-auth --peer-trusted-ca-file ${ca}`,
  "--listen-client-urls https://127.0.0.1:2379 --advertise-client-urls https://127.0.0.1:2379",
])}

Talk to it:

  etcdctl --endpoints https://127.0.0.1:2379 \\
${lines([
  `--cacert ${ca} --cert ${folder.file(`${client}.crt`)} --key ${folder.file(`${client}.key`)}`,
  "put greeting hello",
])}
`;
}
