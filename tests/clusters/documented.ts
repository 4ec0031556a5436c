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
  #starting: Promise<void>[] = [];
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
      .replace(
        / --initial-cluster .*/,
        /--(initial-cluster|discovery-token) /.test(line) ? "" : "$&",
      );
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
      env: words.includes("--endpoints") ? {} : { ETCDCTL_ENDPOINTS: endpoints },
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
      isBare: true,
    });
    this.#running.set(place, member);
    // The first of several waits for the others.
    this.#starting.push(member.ready(60_000));
  }

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

type Sections = ReadonlyMap<string, readonly string[]>;

const PUT = "etcdctl put key value";

async function mustHaveKey(machines: Machines): Promise<void> {
  const told = await machines.run("etcdctl get key --print-value-only");
  if (told !== "value\n") throw new Error(`key is ${JSON.stringify(told)}`);
}

/** One member, as the page founds several. */
async function startAlone(machines: Machines, first: string, place: number): Promise<void> {
  const own = first
    .replace("--name m1", `--name m${place}`)
    .replaceAll("10.0.0.1", `10.0.0.${place}`);
  await machines.run(own.replace(/m1=(\S+?),.*$/, `m${place}=$1`));
  await machines.ready();
}

/** From one to two as the page has it, and to three in the same way. */
async function grow(machines: Machines, sections: Sections): Promise<void> {
  const lines = sections.get("From one member to three")!;
  const asThird = (line: string): string =>
    line
      .replaceAll("m2 ", "m3 ")
      .replace("peer-urls http://10.0.0.2", "peer-urls http://10.0.0.3")
      .replace(/(m2=\S+)/, "$1,m3=http://10.0.0.3:2380");
  for (const line of [...lines, ...lines.map(asThird)]) {
    if (line.startsWith("etcdctl")) await sleep(CONNECTED_MS);
    await machines.run(line);
    await machines.ready();
  }
  console.log("grown from one to three");
}

async function replace(machines: Machines, sections: Sections): Promise<void> {
  await machines.stop(3);
  const list = await machines.run("etcdctl member list");
  const id = list
    .split("\n")
    .find((line) => line.includes(", m3,"))!
    .split(",")[0]!;
  for (const line of sections.get("Replace a member")!) {
    await sleep(CONNECTED_MS);
    await machines.run(line.replace("ID", id));
    await machines.ready();
  }
  console.log("a member replaced");
}

async function mix(machines: Machines, sections: Sections): Promise<void> {
  for (const line of sections.get("From etcd to nodetcd, and back")!) {
    await machines.run(line);
    await machines.ready();
  }
  console.log("a member was etcd and is nodetcd again");
}

async function loseMajority(machines: Machines, sections: Sections): Promise<void> {
  for (const place of [1, 2, 4]) await machines.stop(place);
  for (const line of sections.get("A majority is lost")!) {
    const told = await machines.run(line);
    await machines.ready();
    if (told !== "" && told.trim().split("\n").length !== 1) throw new Error(told);
  }
  console.log("one member is left, and has everything");
}

async function foundTogether(machines: Machines, first: string): Promise<void> {
  for (const place of [1, 2, 3]) {
    const line = first.replace("--name m1", `--name m${place}`);
    await machines.run(line.replace(/(-urls http:\/\/10\.0\.0\.)1/g, `$1${place}`));
  }
  await machines.ready();
  await machines.run(PUT);
  await mustHaveKey(machines);
  console.log("three at once");
}

/** The registry of the page is on machine 9. */
async function findEachOther(machines: Machines, first: string, sections: Sections): Promise<void> {
  const [size = "", start = ""] = sections.get("Members that find each other")!;
  await startAlone(machines, first, 9);
  await machines.run(size);
  for (const place of [1, 2, 3]) await machines.run(start.replace("--name m1", `--name m${place}`));
  await machines.ready();
  console.log("three found each other");
}

async function main(): Promise<void> {
  const [nodetcd, etcd, etcdctl] = [peer("nodetcd"), peer("etcd"), peer("etcdctl")];
  if (nodetcd === undefined || etcd === undefined || etcdctl === undefined) return;
  const sections = commandsOf(readFileSync(join(ROOT, "docs", "clusters.md"), "utf8"));
  const [first = ""] = sections.get("Three members at once") ?? [];
  const on = async (work: (machines: Machines) => Promise<void>): Promise<void> => {
    const machines = new Machines({ nodetcd, etcd, etcdctl }, first);
    try {
      await work(machines);
    } finally {
      await machines.end();
    }
  };
  await on(async (machines) => {
    await startAlone(machines, first, 1);
    await machines.run(PUT);
    for (const change of [grow, replace, mix, loseMajority]) {
      await change(machines, sections);
      await mustHaveKey(machines);
    }
  });
  await on((machines) => foundTogether(machines, first));
  await on((machines) => findEachOther(machines, first, sections));
}

await main();
