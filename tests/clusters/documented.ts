/**
 * The commands of docs/clusters.md, as they stand there: machines `10.0.0.1` to `10.0.0.9` are ports of this one, `...`
 * are the flags of the first command for the machine that `--name` names.
 *
 *     npm run prove -- cluster-documented
 */
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Peer, peer, ROOT } from "../peers.ts";
import { freePort, run, ServerProcess, temporaryDirectory } from "../processes.ts";
import { sleep } from "./patience.ts";

/** Until members count as connected, and the next change is taken. */
const CONNECTED_MS = 6_000;

/** Command lines by the title of their section; a line that ends in a backslash goes on. */
function commandsOf(page: string): Map<string, string[]> {
  const sections = page.split(/^## /m).slice(1);
  return new Map(
    sections.map((section) => {
      const [title = ""] = section.split("\n", 1);
      const blocks = [...section.matchAll(/^```\n([^`]*)^```$/gm)].map(([, block = ""]) => block);
      const lines = blocks
        .join("")
        .replace(/\\\n\s*/g, "")
        .split("\n");
      return [title, lines.filter((line) => line !== "")];
    }),
  );
}

class Machines {
  readonly #programs: Readonly<Record<string, Peer>>;
  /** Of the first command of the page, for machine 1. */
  readonly #flags: string;
  readonly #ports = new Map<string, number>();
  readonly #running = new Map<number, ServerProcess>();
  readonly #folder = temporaryDirectory("nodetcd-documented");

  constructor(programs: Readonly<Record<string, Peer>>, first: string) {
    this.#programs = programs;
    this.#flags = first.replace(/^nodetcd server --name m1 /, "");
  }

  async #portOf(machine: string, port: string): Promise<number> {
    const name = `${machine}:${port}`;
    const known = this.#ports.get(name) ?? (await freePort());
    this.#ports.set(name, known);
    return known;
  }

  /** The words of a line with ports and folders of this machine. */
  async #words(line: string, place: number): Promise<string[]> {
    const own = this.#flags
      .replace(/(-urls http:\/\/10\.0\.0\.)1/g, `$1${place}`)
      .replace(/ --initial-cluster .*/, line.includes("--initial-cluster ") ? "" : "$&");
    let text = line
      .replace("...", own)
      .replace("/var/lib/nodetcd", join(this.#folder, `m${place}`));
    for (const [address, machine = "", port = ""] of text.matchAll(/10\.0\.0\.(\d):(\d+)/g)) {
      text = text.replaceAll(address, `127.0.0.1:${await this.#portOf(machine, port)}`);
    }
    return text.split(" ");
  }

  /** Runs a line: a server until it serves, anything else to its end. */
  async run(line: string): Promise<string> {
    const place = Number(/--name m(\d)/.exec(line)?.[1] ?? 0);
    const [program = "", ...words] = await this.#words(line, place);
    if (program !== "etcdctl") {
      await this.#serve(
        place,
        this.#programs[program]!,
        words.filter((word) => word !== "server"),
      );
      return "";
    }
    const endpoints = [...this.#running.values()].map(({ url }) => url).join(",");
    const done = await run(this.#programs["etcdctl"]!.path, words, {
      env: { ETCDCTL_ENDPOINTS: endpoints },
    });
    if (done.status === 0) return done.stdout.toString();
    throw new Error(`${line}: ${done.status} ${done.stderr.slice(0, 500)}`);
  }

  async #serve(place: number, program: Peer, words: readonly string[]): Promise<void> {
    await this.stop(place);
    const ports = {
      client: await this.#portOf(String(place), "2379"),
      peer: await this.#portOf(String(place), "2380"),
    };
    const member = new ServerProcess(program, ports, {
      dataDirectory: join(this.#folder, `m${place}`),
      flags: words,
    });
    this.#running.set(place, member);
    // The first of several waits for the others.
    if (place !== 0) this.#starting.push(member.ready(60_000));
  }

  #starting: Promise<void>[] = [];

  async ready(): Promise<void> {
    await Promise.all(this.#starting.splice(0));
  }

  async stop(place: number): Promise<void> {
    await this.#running.get(place)?.stop();
    this.#running.delete(place);
  }

  async end(): Promise<void> {
    await Promise.all([...this.#running.values()].map((member) => member.stop()));
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

async function main(): Promise<void> {
  const programs = { nodetcd: peer("nodetcd"), etcd: peer("etcd"), etcdctl: peer("etcdctl") };
  const { nodetcd, etcd, etcdctl } = programs;
  if (nodetcd === undefined || etcd === undefined || etcdctl === undefined) return;
  const page = readFileSync(join(ROOT, "docs", "clusters.md"), "utf8");
  const commands = commandsOf(page);
  const section = (title: string): string[] => commands.get(title) ?? [];
  const [first = ""] = section("Three members at once");
  const known = { nodetcd, etcd, etcdctl };
  const put = "etcdctl put key value";
  const get = async (machines: Machines): Promise<void> => {
    const told = await machines.run("etcdctl get key --print-value-only");
    if (told !== "value\n") throw new Error(`key is ${JSON.stringify(told)}`);
  };

  const grown = new Machines(known, first);
  try {
    // From one to two, as the page has it; a third in the same way.
    await grown.run(first.replace(/,m2=.*$/, ""));
    await grown.ready();
    await grown.run(put);
    const [add = "", join2 = ""] = section("From one member to three");
    const asThird = (line: string): string =>
      line
        .replaceAll("m2 ", "m3 ")
        .replace("peer-urls http://10.0.0.2", "peer-urls http://10.0.0.3")
        .replace(/(m2=\S+)/, "$1,m3=http://10.0.0.3:2380");
    for (const line of [add, join2, asThird(add), asThird(join2)]) {
      if (line.startsWith("etcdctl")) await sleep(CONNECTED_MS);
      await grown.run(line);
      await grown.ready();
    }
    await get(grown);
    console.log("grown from one to three");

    await grown.stop(3);
    const list = await grown.run("etcdctl member list");
    const id = list
      .split("\n")
      .find((line) => line.includes(", m3,"))!
      .split(",")[0]!;
    for (const line of section("Replace a member")) {
      await sleep(CONNECTED_MS);
      await grown.run(line.replace("ID", id));
      await grown.ready();
    }
    await get(grown);
    console.log("a member replaced");

    for (const line of section("From etcd to nodetcd, and back")) {
      await grown.run(line);
      await grown.ready();
    }
    await get(grown);
    console.log("a member was etcd and is nodetcd again");

    for (const place of [1, 2, 4]) await grown.stop(place);
    for (const line of section("A majority is lost")) {
      const told = await grown.run(line);
      await grown.ready();
      if (told !== "" && told.trim().split("\n").length !== 1) throw new Error(told);
    }
    await get(grown);
    console.log("one member is left, and has everything");
  } finally {
    await grown.end();
  }

  const founded = new Machines(known, first);
  try {
    for (const place of [1, 2, 3]) {
      const line = first
        .replace("--name m1", `--name m${place}`)
        .replace(/(-urls http:\/\/10\.0\.0\.)1/g, `$1${place}`);
      await founded.run(line);
    }
    await founded.ready();
    await founded.run(put);
    await get(founded);
    console.log("three at once");
    const [size = "", found = ""] = section("Members that find each other");
    const machines = new Machines(known, first);
    try {
      // The registry of the page is on machine 9.
      await machines.run(
        first
          .replace("--name m1", "--name m9")
          .replaceAll("10.0.0.1", "10.0.0.9")
          .replace(/m1=(\S+?),.*$/, "m9=$1"),
      );
      await machines.ready();
      await machines.run(size);
      const alone = found.replace("...", "... --initial-cluster ");
      for (const place of [1, 2, 3]) {
        await machines.run(
          alone.replace("--initial-cluster ", "").replace("--name m1", `--name m${place}`),
        );
      }
      await machines.ready();
      console.log("three found each other");
    } finally {
      await machines.end();
    }
  } finally {
    await founded.end();
  }
}

await main();
