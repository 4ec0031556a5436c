/**
 * TLS and users beside real etcd: the same act on both, row by row; the numbers are those of the behaviours in the issue.
 *
 *     tsx tests/security/tls.ts [part of a group's name...]
 */
import { X509Certificate } from "node:crypto";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Peer, peer, peers } from "../peers.ts";
import { temporaryDirectory } from "../processes.ts";
import { makeFiles } from "./files.ts";
import { normalise, TlsMember } from "./member.ts";
import { BAD_STARTS, type Group, GROUPS } from "./rows.ts";
import { USER_GROUPS } from "./user-rows.ts";

const counts = { equal: 0, known: 0, different: 0 };

function report(name: string, answers: readonly string[], differs: string | undefined): void {
  const [real = "", ours = ""] = answers;
  if (real === ours) {
    counts.equal++;
    console.log(`equal      ${name}: ${real.replaceAll("\n", " ")}`);
    return;
  }
  counts[differs === undefined ? "different" : "known"]++;
  const verdict = differs === undefined ? "DIFFERENT " : "on purpose";
  console.log(`${verdict} ${name}${differs === undefined ? "" : ` (${differs})`}`);
  console.log(`             etcd     ${real}\n             nodetcd  ${ours}`);
}

async function tryGroup(
  group: Group,
  both: readonly Peer[],
  files: string,
  work: string,
): Promise<void> {
  const clients = peers("etcdctl");
  const members = await Promise.all(
    both.map((each, i) =>
      TlsMember.start(each, group, files, join(work, `${group.name.replace(/\W/g, "")}${i}`)),
    ),
  );
  try {
    for (const { name, act, differs } of group.rows) {
      const answers = await Promise.all(
        members.map(async (member) => {
          member.forget();
          const said = await act(member, clients).catch(String);
          return normalise(normalise(said, files), member.own.replace(/\/own$/, ""));
        }),
      );
      report(`${group.name}: ${name}`, answers, differs);
    }
  } finally {
    await Promise.all(members.map((member) => member.stop()));
  }
}

async function tryStart(
  { name, flags, differs }: (typeof BAD_STARTS)[number],
  both: readonly Peer[],
  files: string,
  work: string,
): Promise<void> {
  const answers = await Promise.all(
    both.map(async (each, i) => {
      const place = join(work, `start${name.replace(/\W/g, "")}${i}`);
      const member = await TlsMember.start(each, { flags }, files, place);
      const said = await member.failure();
      return normalise(normalise(said, files), place);
    }),
  );
  report(`start: ${name} (55)`, answers, differs);
}

/** A certificate that one has made for itself serves the other, at the same data directory. */
async function tryReuse(both: readonly Peer[], files: string, work: string): Promise<void> {
  const setting = { flags: ["--auto-tls"] };
  const place = join(work, "reuse");
  const said: string[] = [];
  for (const each of [both[1]!, both[0]!, both[1]!]) {
    const member = await TlsMember.start(each, setting, files, place);
    const { fingerprint256 } = new X509Certificate(
      readFileSync(join(member.dataDirectory, "fixtures/client/cert.pem")),
    );
    said.push(`${fingerprint256.slice(0, 11)} ${await member.openssl()}`);
    await member.stop();
  }
  const different = new Set(said).size > 1 ? said.join(" | ") : said[0]!;
  report(
    "auto-TLS: one certificate for nodetcd, etcd, nodetcd (56)",
    [said[0]!, different],
    undefined,
  );
}

async function main(): Promise<void> {
  const real = peer("etcd");
  const subject = process.env["SUBJECT"] === "etcd" ? real : peer("nodetcd");
  if (real === undefined || subject === undefined) return;
  const wanted = process.argv.slice(2);
  const isWanted = (name: string): boolean =>
    wanted.length === 0 || wanted.some((part) => name.includes(part));
  const work = temporaryDirectory("security-tls");
  try {
    const files = join(work, "files");
    await makeFiles(files);
    const both = [real, subject];
    for (const group of [...GROUPS, ...USER_GROUPS]) {
      if (isWanted(group.name)) await tryGroup(group, both, files, work);
    }
    if (isWanted("auto-TLS")) await tryReuse(both, files, work);
    if (isWanted("start")) for (const each of BAD_STARTS) await tryStart(each, both, files, work);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  const { equal, known, different } = counts;
  console.log(`${equal} rows equal, ${known} different on purpose, ${different} different`);
  process.exitCode = different === 0 && equal > 0 ? 0 : 1;
}

await main();
