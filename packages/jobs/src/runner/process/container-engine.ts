import { spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { join } from "node:path";
import type { Container, Pod } from "../../objects/pod.ts";
import { type RuntimeName, RUNTIMES } from "../../parts.ts";
import { ConfigProblem, DEFAULT_PATH } from "../environment.ts";
import { expand } from "../expand.ts";

import { limitsOf } from "./control-groups.ts";
import { MARKER } from "./proc.ts";
import type { Bind, StartRequest } from "./supervisor.ts";

/** A container engine: its name, which container ids have in front, and its program */
export interface Engine {
  readonly name: string;
  readonly path: string;
}

const FOLDERS = ["/usr/local/bin", "/usr/bin", "/bin"];
/** Variables by which engines find their daemon, their images and the network: a pod's are not for them. */
const ENGINES_OWN =
  /^(?:(?:DOCKER|CONTAINERS?|PODMAN|XDG|DBUS|LD|SSL_CERT)_|(?:HOME|PATH|TMPDIR|STORAGE_(?:DRIVER|OPTS)|REGISTRY_AUTH_FILE|GO(?:DEBUG|GC|MAXPROCS|MEMLIMIT|TRACEBACK)|(?:HTTPS?|NO|ALL)_PROXY)$)/i;
/** Kubernetes' names of when an image is pulled, and the engines'. */
const PULLS: Readonly<Record<string, string>> = {
  Always: "always",
  IfNotPresent: "missing",
  Never: "never",
};

/** The engine that a pod asks for by its runtimeClassName; undefined: it runs as processes. */
export function engineOf({ spec }: Pod, byDefault: RuntimeName): Engine | undefined {
  const name = spec.runtimeClassName ?? byDefault;
  if (name === "process") return undefined;
  if (!(RUNTIMES as readonly string[]).includes(name)) {
    const message = `runtimeClassName ${name} is none of ${RUNTIMES.join(", ")}`;
    throw new ConfigProblem("CreateContainerConfigError", message);
  }
  const path = findProgram(name);
  if (path !== undefined) return { name, path };
  throw new ConfigProblem("CreateContainerError", `there is no ${name} on this host`);
}

function findProgram(name: string): string | undefined {
  const folders = [...(process.env["PATH"] ?? "").split(":"), ...FOLDERS];
  return folders
    .map((folder) => join(folder, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

export interface EngineRun {
  /** Of the engine's container: one for each attempt, so that an attempt cannot run twice. */
  readonly name: string;
  readonly container: Container;
  readonly environment: Readonly<Record<string, string>>;
  readonly binds: readonly Bind[];
  /** `uid:gid`, or empty. */
  readonly user: string;
}

/**
 * A command that runs as long as the container does, writes what it writes, passes SIGTERM on and ends as it ends. The
 * container has the host's network, as the pod has the host's address. It stays when it has ended, until it is removed:
 * with `--rm` Docker's program asks a daemon that is Podman's for the exit status too late.
 */
export function engineRequest(engine: Engine, run: EngineRun): StartRequest {
  const { container, environment, binds, user, name } = run;
  const { command = [], args = [], image = "", workingDir = "", imagePullPolicy = "" } = container;
  if (image === "") throw new ConfigProblem("InvalidImageName", "the container has no image");
  const words = (list: readonly string[]): string[] =>
    list.map((word) => expand(word, environment));
  const [entrypoint, ...rest] = words(command);
  const variables = variablesFor(environment);
  const limits = limitsOf(container.resources?.limits);
  const option = (flag: string, value: string | number | undefined): string[] =>
    value === undefined || value === "" ? [] : [flag, String(value)];
  return {
    command: [
      ...detached(engine.path, "run", "--network", "host", "--name", name),
      ...option("--pull", PULLS[imagePullPolicy]),
      ...variables.flags,
      ...binds.flatMap((bind) => ["--volume", volumeOf(bind)]),
      ...option("--user", user),
      ...option("--workdir", workingDir),
      ...option("--memory", limits?.memoryBytes),
      ...option("--cpus", limits?.processors),
      ...option("--entrypoint", entrypoint),
      // An image is no option, whatever it is called.
      "--",
      image,
      ...rest,
      ...words(args),
    ],
    environment: variables.environment,
    workingDir: "/",
  };
}

function volumeOf({ source, target, readOnly }: Bind): string {
  const colon = [source, target].find((path) => path.includes(":"));
  if (colon === undefined) return `${source}:${target}${readOnly ? ":ro" : ""}`;
  const message = `engines cannot mount ${colon}: there is a colon in it`;
  throw new ConfigProblem("CreateContainerConfigError", message);
}

/** A command without the attempt's mark: what it leaves running to watch the container is not killed with the attempt. */
function detached(...command: string[]): string[] {
  return ["/usr/bin/env", "-u", MARKER, ...command];
}

/** Values come from the engine's own environment, where no other user sees them, unless it would heed them itself. */
function variablesFor(wanted: Readonly<Record<string, string>>): {
  flags: string[];
  environment: Record<string, string>;
} {
  const environment = Object.fromEntries(
    Object.entries(process.env).filter(
      (entry): entry is [string, string] => entry[1] !== undefined,
    ),
  );
  const flags: string[] = [];
  for (const [name, value] of Object.entries(wanted)) {
    // The image has its own.
    if (name === "PATH" && value === DEFAULT_PATH) continue;
    if (Object.hasOwn(process.env, name) || ENGINES_OWN.test(name)) {
      flags.push("--env", `${name}=${value}`);
    } else {
      flags.push("--env", name);
      environment[name] = value;
    }
  }
  return { flags, environment };
}

/** A command inside a container that runs. */
export function execRequest(
  engine: Engine,
  name: string,
  command: readonly string[],
): StartRequest {
  const { environment } = variablesFor({});
  return { command: [engine.path, "exec", name, ...command], environment, workingDir: "/" };
}

/** By the names of containers: what their engine is being told. */
const told = new Map<string, Promise<boolean>>();

/** Tells the engine something about a container, after what it is being told already. Resolves to whether it was done. */
export function tellEngine(
  { path }: Engine,
  name: string,
  words: readonly string[],
): Promise<boolean> {
  const before = told.get(name) ?? Promise.resolve(true);
  const done = before.then(() => runEngine(path, [...words, name]));
  told.set(name, done);
  return done.finally(() => {
    if (told.get(name) === done) told.delete(name);
  });
}

/** Asks the engine to kill the container, unless it is being told something; false when it has none of this name. */
export async function killContainer(engine: Engine, name: string): Promise<boolean> {
  return told.has(name) || (await tellEngine(engine, name, ["kill"]));
}

function runEngine(path: string, args: readonly string[]): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(path, args, { stdio: "ignore" });
    child.once("error", () => resolve(false));
    child.once("exit", (code) => resolve(code === 0));
    child.unref();
  });
}
