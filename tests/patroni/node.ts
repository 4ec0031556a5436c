/** One Patroni with its PostgreSQL. */
import { type ChildProcess, spawn } from "node:child_process";
import { chownSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cleanEnvironment, run } from "../processes.ts";

export interface NodeOptions {
  readonly name: string;
  readonly patroni: string;
  /** Folder of PostgreSQL's programs. */
  readonly postgres: string;
  readonly folder: string;
  readonly ports: { readonly rest: number; readonly postgres: number };
  readonly etcd: string;
  readonly ttl: number;
  readonly uid: number;
}

const PASSWORD = "of-the-proof";

function configuration({ name, postgres, ports, etcd, ttl }: NodeOptions, data: string): string {
  const user = (username: string) => ({ username, password: PASSWORD });
  const listen = `127.0.0.1:${ports.postgres}`;
  // YAML takes JSON.
  return JSON.stringify({
    scope: "proof",
    name,
    restapi: { listen: `127.0.0.1:${ports.rest}`, connect_address: `127.0.0.1:${ports.rest}` },
    etcd3: { hosts: [etcd] },
    bootstrap: {
      dcs: {
        ttl,
        loop_wait: 2,
        retry_timeout: 6,
        postgresql: { use_pg_rewind: true, parameters: { fsync: "off" } },
      },
      initdb: [{ encoding: "UTF8" }, "data-checksums"],
    },
    postgresql: {
      listen,
      connect_address: listen,
      data_dir: join(data, "pg"),
      bin_dir: postgres,
      pgpass: join(data, "pgpass"),
      pg_hba: ["host all all 127.0.0.1/32 md5", "host replication all 127.0.0.1/32 md5"],
      authentication: { superuser: user("postgres"), replication: user("replicator") },
      parameters: { unix_socket_directories: data },
    },
  });
}

export interface Node {
  readonly name: string;
  start(): void;
  /** kill -9 of Patroni and of its PostgreSQL. */
  kill(): Promise<void>;
  /** `primary` or `replica` that runs; undefined when neither. */
  role(): Promise<string | undefined>;
  /** Rows as lines. Rejects with psql's words. */
  sql(text: string): Promise<string>;
  switchover(leader: string, candidate: string): Promise<void>;
  /** The end of its log. */
  tail(): string;
}

export function startNode(options: NodeOptions): Node {
  const { name, patroni, folder, ports, uid } = options;
  const data = join(folder, name);
  mkdirSync(data, { mode: 0o700 });
  chownSync(data, uid, uid);
  const file = join(data, "patroni.yml");
  writeFileSync(file, configuration(options, data));
  let child: ChildProcess | undefined;
  let log = "";
  const rest = `http://127.0.0.1:${ports.rest}`;
  return {
    name,
    start() {
      // Its own group, so that what it starts ends with it.
      const env = { ...cleanEnvironment(), HOME: data };
      child = spawn(patroni, [file], { cwd: data, uid, gid: uid, env, detached: true });
      for (const stream of [child.stdout, child.stderr])
        stream?.on("data", (chunk: Buffer) => (log += chunk.toString()));
    },
    async kill() {
      if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
      const gone = new Promise((resolve) => child!.once("close", resolve));
      const pidFile = join(data, "pg", "postmaster.pid");
      if (existsSync(pidFile)) end(Number(readFileSync(pidFile, "utf8").split("\n")[0]));
      end(-child.pid);
      await gone;
    },
    async role() {
      try {
        const reply = await fetch(`${rest}/patroni`, { signal: AbortSignal.timeout(5_000) });
        const { role, state } = (await reply.json()) as { role?: string; state?: string };
        const runs = state === "running" || state === "streaming";
        return runs ? role?.replace("master", "primary") : undefined;
      } catch {
        return undefined;
      }
    },
    async sql(text) {
      const url = `postgresql://postgres@127.0.0.1:${ports.postgres}/postgres?connect_timeout=5`;
      const env = { PGPASSWORD: PASSWORD };
      const { status, stdout, stderr } = await run("psql", [url, "-qtAc", text], { env });
      if (status !== 0) throw new Error(`psql at ${name}: ${stderr}`);
      return stdout.toString().trim();
    },
    async switchover(leader, candidate) {
      const body = JSON.stringify({ leader, candidate });
      const headers = { "content-type": "application/json" };
      const reply = await fetch(`${rest}/switchover`, { method: "POST", headers, body });
      if (!reply.ok) throw new Error(`switchover: ${reply.status} ${await reply.text()}`);
    },
    tail: () => `--- ${name}\n${log.split("\n").slice(-25).join("\n")}`,
  };
}

function end(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // Gone already.
  }
}
