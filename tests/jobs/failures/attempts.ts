/** Processes of containers, as /proc shows them, and the marks that they left when they began. */
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export interface ContainerProcess {
  readonly pid: number;
  /** Name of the worker. */
  readonly node: string;
  readonly podUid: string;
  readonly command: string;
}

export class Attempts {
  readonly #folder: string;
  readonly marks: string;

  /** @param folder has a folder for each worker */
  constructor(folder: string) {
    this.#folder = folder;
    this.marks = join(folder, "marks");
    mkdirSync(this.marks);
  }

  get count(): number {
    return readdirSync(this.marks).length;
  }

  processes(): ContainerProcess[] {
    return readdirSync("/proc").flatMap((name) => {
      if (!/^\d+$/.test(name)) return [];
      try {
        const environment = readFileSync(`/proc/${name}/environ`, "latin1").split("\0");
        const mark = environment.find((each) =>
          each.startsWith(`NODETCD_ATTEMPT=${this.#folder}/`),
        );
        // NODE/worker/pods/UID/CONTAINER/RUN
        const [node = "", , , podUid = ""] = mark?.split(`${this.#folder}/`)[1]?.split("/") ?? [];
        const command = readFileSync(`/proc/${name}/cmdline`, "utf8").replaceAll("\0", " ");
        return mark === undefined ? [] : [{ pid: Number(name), node, podUid, command }];
      } catch {
        return [];
      }
    });
  }

  /** Attempts that were started more than once. */
  startedTwice(): string[] {
    return readdirSync(this.marks).flatMap((name) => {
      const starts = readFileSync(join(this.marks, name), "utf8").split("\n").length - 1;
      return starts === 1 ? [] : [`${name} was started ${starts} times`];
    });
  }

  /** Pods that may run once (`restartPolicy: Never`) and ran more often. `uids`: all that there ever were. */
  ranTwice(uids: ReadonlySet<string>): string[] {
    const runs = new Map<string, number>();
    for (const name of readdirSync(this.marks)) {
      const uid = /_pods_([0-9a-f-]+)_main_\d+$/.exec(name)?.[1] ?? "";
      if (uids.has(uid)) runs.set(uid, (runs.get(uid) ?? 0) + 1);
    }
    return [...runs].flatMap(([uid, count]) =>
      count === 1 ? [] : [`pod ${uid} has restartPolicy Never and ran ${count} times`],
    );
  }
}
