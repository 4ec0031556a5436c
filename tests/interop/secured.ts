/** Clients of other languages with TLS, client certificates and users, each installed into a directory of its own. */
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Peer, sayMissing } from "../peers.ts";
import { run, temporaryDirectory } from "../processes.ts";
import { makeFiles } from "../security/files.ts";
import { TlsMember } from "../security/member.ts";
import { MUTUAL } from "../security/rows.ts";
import { QUICKLY, setUp } from "../security/user-rows.ts";

const SOURCES = join(dirname(fileURLToPath(import.meta.url)), "secured");
const INSTALL_MS = 280_000;

interface Program {
  readonly name: string;
  readonly sources: readonly string[];
  /** Commands that get it, in its directory. */
  readonly install: readonly (readonly string[])[];
  /** The command that then compiles the source. */
  readonly build?: readonly string[];
  readonly command: readonly string[];
  /** It logs in again by itself when its token has run out. */
  readonly renews: boolean;
}

const PROGRAMS: readonly Program[] = [
  {
    name: "etcd3 from npm",
    sources: ["client.mjs"],
    install: [["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "etcd3@1.1.2"]],
    command: [process.execPath, "client.mjs"],
    renews: true,
  },
  {
    name: "etcd3 from PyPI",
    sources: ["client.py"],
    install: [
      ["python3", "-m", "venv", "venv"],
      ["venv/bin/pip", "install", "-q", "etcd3==0.12.0", "protobuf==3.20.3"],
    ],
    command: ["venv/bin/python", "client.py"],
    renews: false,
  },
  {
    name: "clientv3 of Go",
    sources: ["client.go"],
    install: [
      ["go", "mod", "init", "secured"],
      ["go", "get", "go.etcd.io/etcd/client/v3@v3.7.1"],
    ],
    build: ["go", "build", "-o", "client", "client.go"],
    command: ["./client"],
    renews: true,
  },
  {
    name: "jetcd from Maven",
    sources: ["Secured.java", "pom.xml"],
    install: [["mvn", "-q", "-B", "dependency:copy-dependencies", "-DoutputDirectory=lib"]],
    build: ["javac", "-cp", "lib/*", "Secured.java"],
    command: ["java", "-cp", "lib/*:.", "Secured"],
    renews: true,
  },
];

/** False, and said aloud, when the program cannot be had here. */
async function install(
  { name, sources, install, build = ["true"] }: Program,
  cwd: string,
): Promise<boolean> {
  mkdirSync(cwd, { recursive: true });
  writeFileSync(join(cwd, "package.json"), '{ "private": true, "type": "module" }');
  for (const source of sources) copyFileSync(join(SOURCES, source), join(cwd, source));
  for (const [command = "", ...args] of install) {
    const { status, stderr, stdout } = await run(command, args, { cwd, timeoutMs: INSTALL_MS });
    if (status === 0) continue;
    const why = `${stdout.toString()}${stderr}`.trim().split("\n").at(-1);
    sayMissing(`${name} (${[command, ...args].join(" ")}: ${why})`);
    return false;
  }
  const [command = "", ...args] = build;
  const { status, stderr } = await run(command, args, { cwd, timeoutMs: INSTALL_MS });
  if (status !== 0) throw new Error(`${name}: ${build.join(" ")}: ${stderr}`);
  return true;
}

/** Each puts, reads, watches and is refused, by users of a member that wants certificates as well. */
export async function proveSecured(subject: Peer): Promise<string> {
  const work = temporaryDirectory("nodetcd-secured");
  const files = join(work, "files");
  await makeFiles(files);
  const said: string[] = [];
  try {
    for (const [index, program] of PROGRAMS.entries()) {
      const cwd = join(work, `client${index}`);
      if (!(await install(program, cwd))) continue;
      const flags = [...MUTUAL, QUICKLY, ...(program.renews ? ["--auth-token-ttl=2"] : [])];
      const member = await TlsMember.start(subject, { flags }, files, join(work, `member${index}`));
      try {
        await setUp(member, "client");
        const [command = "", ...args] = program.command;
        const done = await run(command, [...args, `127.0.0.1:${member.port}`, files], {
          cwd,
          timeoutMs: 90_000,
        });
        if (done.status !== 0) throw new Error(`${program.name}: ${done.status} ${done.stderr}`);
        said.push(done.stdout.toString().trim());
      } finally {
        await member.stop();
      }
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return said.join("; ");
}
