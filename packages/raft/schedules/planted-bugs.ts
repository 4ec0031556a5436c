import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { RaftLibrary } from "./options.ts";

/** A change of one place in `src` that breaks Raft, to prove that the schedules would notice. */
export interface PlantedBug {
  readonly name: string;
  readonly file: string;
  /** Text that stands exactly once in the file. */
  readonly find: string;
  readonly replace: string;
}

export const PLANTED_BUGS: readonly PlantedBug[] = [
  {
    name: "commit of an old term's entry",
    file: "append.ts",
    find: "if (index <= log.committed || !log.matches(raft.term, index)) return false;",
    replace: "if (index <= log.committed) return false;",
  },
  {
    name: "vote not persisted before it is sent",
    file: "send.ts",
    find: "if (promisesDurability(type)) {",
    replace: "if (promisesDurability(type) && (message.to === raft.id || !isVoteMessage(type))) {",
  },
  {
    name: "joint quorum with one half only",
    file: "quorum/joint.ts",
    find: "return Math.min(majorityIndex(incoming), majorityIndex(outgoing));",
    replace: "return outgoing.length < 0 ? 0 : majorityIndex(incoming);",
  },
  {
    name: "read index without a quorum",
    file: "read-index.ts",
    find: 'if (raft.tracker.isSingleton || raft.config.readOnlyOption === "lease-based") {',
    replace: "if (raft.config.id !== 0n) {",
  },
  {
    name: "a learner counted",
    file: "progress-tracker.ts",
    find: "this.#incoming = progress.filter((member) => configuration.incoming.includes(member.id));",
    replace:
      "this.#incoming = progress.filter((m) => m.isLearner || configuration.incoming.includes(m.id));",
  },
];

const packageFolder = dirname(dirname(fileURLToPath(import.meta.url)));

/** Loads a copy of the package with the bug in it; `dispose` removes the copy. */
export async function loadWithBug(
  bug: PlantedBug,
): Promise<{ library: RaftLibrary; dispose: () => void }> {
  const name = bug.name.replace(/\W+/g, "-");
  const copy = join(packageFolder, "dist", `.planted-${process.pid}-${name}`);
  cpSync(join(packageFolder, "src"), copy, { recursive: true });
  const dispose = (): void => rmSync(copy, { recursive: true, force: true });
  const file = join(copy, bug.file);
  const text = readFileSync(file, "utf8");
  if (text.split(bug.find).length !== 2) {
    dispose();
    throw new Error(`Cannot plant "${bug.name}": its place in ${bug.file} has changed`);
  }
  writeFileSync(
    file,
    text.replace(bug.find, () => bug.replace),
  );
  const library = (await import(pathToFileURL(join(copy, "raft.ts")).href)) as RaftLibrary;
  return { library, dispose };
}
