/**
 * The packed tarball where little is there: a PATH of node and npm alone, a root of busybox and a Node binary, a user without rights,
 * and a file system that cannot be written. In each: install, the three tests of a new user, the program.
 *
 *     npm run prove -- platforms [path busybox nobody read-only]
 */
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { sayMissing } from "../peers.ts";
import { run, type RunOptions, temporaryDirectory } from "../processes.ts";
import { pack, step } from "./steps.ts";

const HERE = dirname(fileURLToPath(import.meta.url));
/** The user and group that own nothing. */
const NOBODY = 65_534;
const CHECK = "platform-check.mjs";

/** Where it is tried: how commands run there. */
interface Place {
  readonly project: string;
  /** Runs node with these arguments in the project; answers what it prints. */
  node(...args: readonly string[]): Promise<string>;
  /** As root sees the project, to measure it. */
  readonly seen: string;
  /** Called between the install and the tests. */
  readonly seal?: string;
}

interface World {
  readonly folder: string;
  readonly tarball: string;
  /** npm's cache, filled by the first install, so that the others need no network. */
  readonly cache: string;
  readonly npm: string;
}

const PLACES: Readonly<Record<string, (world: World) => Promise<Place | undefined>>> = {
  path: onlyNodeAndNpm,
  busybox: busyboxRoot,
  nobody: withoutRights,
  "read-only": readOnly,
};

async function main(): Promise<void> {
  const wanted = process.argv.slice(2);
  const folder = temporaryDirectory("nodetcd-platforms");
  fs.chmodSync(folder, 0o755);
  try {
    const { nodetcd } = await pack(join(folder, "packed"));
    const npm = fs.realpathSync(execFileSync("sh", ["-c", "command -v npm"]).toString().trim());
    const world = { folder, tarball: nodetcd!, cache: join(folder, "cache"), npm };
    console.log(
      "| where | install | three tests | program | node_modules | locks |\n|---|---|---|---|---|---|",
    );
    for (const [name, place] of Object.entries(PLACES)) {
      if (wanted.length > 0 && name !== "path" && !wanted.includes(name)) continue;
      console.log(await row(name, world, place));
    }
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

async function row(
  name: string,
  world: World,
  make: (world: World) => Promise<Place | undefined>,
): Promise<string> {
  try {
    const place = await make(world);
    if (place === undefined) return `| ${name} | left out | | | | |`;
    const begun = performance.now();
    await place.node(...npmInstall(place, world));
    const installed = performance.now();
    const check = await place.node(
      join(place.project, CHECK),
      ...(place.seal === undefined ? [] : [place.seal]),
    );
    const { tests, program, locks, refused } = JSON.parse(check.split("\n").at(-1)!) as Record<
      string,
      number
    >;
    const size = await step("du", ["-sm", join(place.seen, "node_modules")]);
    const cells = [
      seconds(installed - begun),
      seconds(tests!),
      refused ?? seconds(program!),
      `${size.split("\t")[0]} MB`,
    ];
    return `| ${[name, ...cells, locks ?? "none"].join(" | ")} |`;
  } catch (error) {
    process.exitCode = 1;
    return `| ${name} | FAILED: ${error instanceof Error ? error.message : String(error)} | | | | |`;
  }
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

function npmInstall({ project }: Place, { npm }: World): string[] {
  const flags = [
    "--no-audit",
    "--no-fund",
    "--prefer-offline",
    "--cache",
    join(dirname(project), "cache"),
  ];
  return [npm, "install", ...flags, join(dirname(project), "nodetcd.tgz")];
}

/** A project, the tarball and npm's cache in `parent`, seen from outside. */
function prepare(parent: string, { tarball, cache }: World): string {
  const project = join(parent, "project");
  fs.mkdirSync(project, { recursive: true });
  fs.writeFileSync(join(project, "package.json"), '{ "private": true, "type": "module" }');
  fs.copyFileSync(join(HERE, "three", "nodetcd.test.mjs"), join(project, "nodetcd.test.mjs"));
  fs.copyFileSync(join(HERE, CHECK), join(project, CHECK));
  fs.copyFileSync(tarball, join(parent, "nodetcd.tgz"));
  if (fs.existsSync(cache)) fs.cpSync(cache, join(parent, "cache"), { recursive: true });
  return project;
}

async function inProject(
  project: string,
  path: string,
  args: readonly string[],
  env: Record<string, string>,
) {
  return step(path, args, { cwd: project, env, timeoutMs: 240_000 } satisfies RunOptions);
}

/** No flock, no shell tools: what there is in PATH is node and npm. */
async function onlyNodeAndNpm(world: World): Promise<Place> {
  const parent = join(world.folder, "path");
  const bin = join(parent, "bin");
  fs.mkdirSync(bin, { recursive: true });
  fs.symlinkSync(process.execPath, join(bin, "node"));
  fs.symlinkSync(world.npm, join(bin, "npm"));
  const project = prepare(parent, world);
  fs.mkdirSync(world.cache, { recursive: true });
  fs.symlinkSync(world.cache, join(parent, "cache"));
  const env = { PATH: bin, HOME: parent };
  return {
    project,
    seen: project,
    node: (...args) => inProject(project, join(bin, "node"), args, env),
  };
}

/** Another root: busybox with all its tools, the Node binary with its libraries, npm, and no more. */
async function busyboxRoot(world: World): Promise<Place | undefined> {
  const busybox = await findBusybox(world.folder);
  if (busybox === undefined || process.getuid?.() !== 0) {
    sayMissing("a busybox root (busybox-static and the rights to chroot)");
    return undefined;
  }
  const root = join(world.folder, "root");
  for (const folder of ["bin", "dev", "proc", "etc", "tmp", "usr/bin", "home"]) {
    fs.mkdirSync(join(root, folder), { recursive: true });
  }
  fs.copyFileSync(busybox, join(root, "bin", "busybox"));
  await step("chroot", [root, "/bin/busybox", "--install", "-s", "/bin"]);
  await step("mknod", ["-m", "666", join(root, "dev", "null"), "c", "1", "3"]);
  copyInto(root, process.execPath);
  const libraries = [...(await step("ldd", [process.execPath])).matchAll(/(\/\S+) \(0x/g)].map(
    ([, path]) => path!,
  );
  // A part of glibc that the native code for passwords asks for, and Node does not.
  const librt = join(dirname(libraries.find((path) => path.includes("/libc.so"))!), "librt.so.1");
  for (const library of [...libraries, librt]) if (fs.existsSync(library)) copyInto(root, library);
  const npmFolder = dirname(dirname(world.npm));
  fs.cpSync(npmFolder, join(root, npmFolder), { recursive: true, dereference: true });
  prepare(join(root, "home"), world);
  const node = async (...args: readonly string[]): Promise<string> => {
    const inside = [
      "env",
      "-i",
      "PATH=/bin:/usr/bin",
      "HOME=/home",
      "sh",
      "-c",
      'cd /home/project && exec "$@"',
      "sh",
    ];
    return step("chroot", [root, ...inside, process.execPath, ...args], { timeoutMs: 240_000 });
  };
  return { project: "/home/project", seen: join(root, "home/project"), node };
}

/** That of Debian's busybox-static: fetched, not installed. */
async function findBusybox(folder: string): Promise<string | undefined> {
  const found = ["/bin/busybox", "/usr/bin/busybox"].find((path) => fs.existsSync(path));
  if (found !== undefined) return found;
  const place = join(folder, "busybox");
  fs.mkdirSync(place);
  fs.chmodSync(place, 0o777);
  const fetch = `apt-get download busybox-static && dpkg -x busybox-static_*.deb .`;
  const done = await run("sh", ["-c", fetch], { cwd: place, timeoutMs: 60_000 });
  return done.status === 0 ? join(place, "bin", "busybox") : undefined;
}

function copyInto(root: string, path: string): void {
  fs.mkdirSync(dirname(join(root, path)), { recursive: true });
  fs.copyFileSync(fs.realpathSync(path), join(root, path));
  fs.chmodSync(join(root, path), 0o755);
}

/** A user who owns one folder. */
async function withoutRights(world: World): Promise<Place | undefined> {
  if (process.getuid?.() !== 0) {
    sayMissing("another user (only root can become one)");
    return undefined;
  }
  const parent = join(world.folder, "nobody");
  const project = prepare(parent, world);
  await step("chown", ["-R", `${NOBODY}:${NOBODY}`, parent]);
  const become = ["--reuid", String(NOBODY), "--regid", String(NOBODY), "--clear-groups"];
  const env = { HOME: parent, TMPDIR: parent };
  return {
    project,
    seen: project,
    node: (...args) => inProject(project, "setpriv", [...become, process.execPath, ...args], env),
  };
}

/** Installed first; then nothing anywhere can be written. */
async function readOnly(world: World): Promise<Place | undefined> {
  const tried = await run("unshare", ["--mount", "--map-root-user", "true"]);
  if (tried.status !== 0) {
    sayMissing("a read-only file system (unshare --mount)");
    return undefined;
  }
  const parent = join(world.folder, "read-only");
  const project = prepare(parent, world);
  const sealed = `for m in $(awk '{print $2}' /proc/mounts | grep -v -e ^/proc -e ^/sys -e ^/dev); do
    mount -o remount,ro,bind "$m" 2>/dev/null; done
    ! touch ${parent}/written 2>/dev/null && exec "$@"`;
  return {
    project,
    seen: project,
    seal: "read-only",
    node: (...args) =>
      args.at(-1) === "read-only"
        ? inProject(
            project,
            "unshare",
            ["--mount", "--map-root-user", "sh", "-c", sealed, "sh", process.execPath, ...args],
            {},
          )
        : inProject(project, process.execPath, args, { HOME: parent }),
  };
}

await main();
