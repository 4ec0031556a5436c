import { hostname, networkInterfaces } from "node:os";
import { parseArgs } from "node:util";
import type { KeyKind } from "@nodetcd/certificates";
import { nodeRuntime } from "@nodetcd/runtime/node";
import { CliError } from "../errors.ts";
import { suggest } from "../flags/suggest.ts";
import { CertificateFolder } from "./folder.ts";

const HELP = `Usage:
  nodetcd certs [flags]
    Make an authority, and certificates for a member and its clients. What is there stays.
  nodetcd certs renew [flags]
    Make all of them anew, with the names that they have.
  nodetcd certs revoke NAME [flags]
    Put one on the list of those that are good no more.

Examples:
  nodetcd certs
    All that one member on this machine needs; prints the flags that use it.
  nodetcd certs --host db1.example.com,10.0.0.1 --client root,alice
    A member that others reach by these, and two clients. A client's name is its user with --client-cert-auth.
  nodetcd certs --member db2 --host db2.example.com,10.0.0.2
    A second member under the same authority.
  nodetcd certs renew
    Before they run out. Members take new files without a restart.
  nodetcd certs revoke client-alice

Flags:
  --dir 'certs'
    Folder of the files, made for its owner alone. Keys have mode 0600.
  --host ''
    Names and addresses of the member, separated by commas. Default: all that this machine has.
  --client 'root'
    Names of clients, separated by commas.
  --member ''
    Name of the member, in front of the names of its files.
  --days '3650'
    How long the certificates are good for.
  --key 'ecdsa-p256'
    ecdsa-p256, ecdsa-p384, ecdsa-p521, ed25519, rsa-2048, rsa-3072 or rsa-4096.
`;

const FLAGS = {
  dir: { type: "string", default: "certs" },
  host: { type: "string", default: "" },
  client: { type: "string", default: "root" },
  member: { type: "string", default: "" },
  days: { type: "string", default: "3650" },
  key: { type: "string", default: "ecdsa-p256" },
  help: { type: "boolean", short: "h", default: false },
} as const;

const SEE_HELP = "Run 'nodetcd certs --help' for all of it.";

type Values = ReturnType<typeof parseArgs<{ options: typeof FLAGS }>>["values"];

function parse(args: readonly string[]): { values: Values; words: string[] } {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: FLAGS,
      allowPositionals: true,
    });
    return { values, words: positionals };
  } catch (error) {
    const text = error instanceof Error ? error.message.split(". ")[0]! : String(error);
    const name = /--([a-z-]+)/.exec(text)?.[1] ?? "";
    const near = suggest(name, Object.keys(FLAGS));
    const advice =
      near === undefined || near === name ? SEE_HELP : `Did you mean --${near}? ${SEE_HELP}`;
    throw new CliError("USAGE", text, advice);
  }
}

function list(text: string): string[] {
  return [...new Set(text.split(",").map((each) => each.trim()))].filter((each) => each !== "");
}

/** Names that become parts of file names. */
function fileNames(flag: string, names: readonly string[]): readonly string[] {
  const bad = names.find((name) => !/^[\w@+.-]{1,100}$/.test(name) || name.startsWith("."));
  if (bad === undefined) return names;
  throw new CliError(
    "USAGE",
    `--${flag}: "${bad}" cannot be part of a file's name`,
    "Use letters, digits and any of - _ . @ +.",
  );
}

/** Names and addresses under which this machine is reached: its own and the local ones. */
function foundHosts(): string[] {
  const addresses = Object.values(networkInterfaces())
    .flatMap((each) => each ?? [])
    // Link-local addresses are good for nothing without the name of an interface.
    .filter(({ scopeid, family }) => family === "IPv4" || scopeid === 0)
    .map(({ address }) => address);
  return [...new Set(["localhost", hostname(), "127.0.0.1", "::1", ...addresses])];
}

async function run(args: readonly string[]): Promise<string> {
  const { values, words } = parse(args);
  if (values.help) return HELP;
  const [action = "create", ...rest] = words;
  const folder = new CertificateFolder(values.dir);
  const days = Number(values.days);
  const now = nodeRuntime.clock.wallTime();
  if (action === "revoke" && rest.length === 1) {
    const { revoke } = await import("./revoke.ts");
    return await revoke(folder, rest[0]!, { now, days });
  }
  if (rest.length > 0 || !["create", "renew"].includes(action)) {
    throw new CliError("USAGE", `"${words.join(" ")}" is not understood`, SEE_HELP);
  }
  if (action === "renew") {
    const { renew } = await import("./renew.ts");
    return await renew(folder, { now, days });
  }
  const { create } = await import("./create.ts");
  const hosts = list(values.host);
  return await create(folder, {
    hosts: hosts.length === 0 ? foundHosts() : hosts,
    clients: fileNames("client", list(values.client)),
    member: fileNames("member", list(values.member))[0] ?? "",
    days,
    // Checked where it is used.
    keyKind: values.key as KeyKind,
    now,
  });
}

/** `nodetcd certs`: certificates without openssl. */
export async function certs(args: readonly string[]): Promise<number> {
  try {
    process.stdout.write(await run(args));
    return 0;
  } catch (error) {
    if (error instanceof CliError) {
      process.stderr.write(`${error.message}\n${error.advice}\n`);
      return error.exitCode;
    }
    const { code } = error as { code?: string };
    if (!(error instanceof Error) || code === undefined) throw error;
    // Of the file system, or of what cannot be in a certificate.
    process.stderr.write(`${error.message}\n${SEE_HELP}\n`);
    return 1;
  }
}
