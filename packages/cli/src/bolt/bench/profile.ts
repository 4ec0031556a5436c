import { Session } from "node:inspector";
import type { Call } from "../command.ts";
import type { BenchOptions } from "./options.ts";

type Phase = "w" | "r";

/**
 * V8's profiles of the writes, the reads or both, as `--profile-mode` says, in the files that
 * `--cpuprofile` (.cpuprofile) and `--memprofile` (.heapprofile) name: for the browser's developer
 * tools.
 */
export class CpuAndHeapProfile {
  readonly #call: Call;
  readonly #options: BenchOptions;
  readonly #session = new Session();

  constructor(call: Call, options: BenchOptions) {
    this.#call = call;
    this.#options = options;
  }

  start(phase: Phase): void {
    const { profileMode, cpuProfile, memProfile } = this.#options;
    if (phase !== (profileMode === "r" ? "r" : "w")) return;
    if (cpuProfile === "" && memProfile === "") return;
    this.#session.connect();
    if (cpuProfile !== "") {
      this.#session.post("Profiler.enable");
      this.#session.post("Profiler.start");
    }
    if (memProfile !== "") this.#session.post("HeapProfiler.startSampling");
  }

  stop(phase: Phase): void {
    const { profileMode, cpuProfile, memProfile } = this.#options;
    if (phase !== (profileMode === "w" ? "w" : "r")) return;
    if (cpuProfile !== "") {
      this.#session.post("Profiler.stop", (error, result) =>
        this.#save(cpuProfile, error ?? result.profile),
      );
    }
    if (memProfile !== "") {
      this.#session.post("HeapProfiler.stopSampling", (error, result) =>
        this.#save(memProfile, error ?? result.profile),
      );
    }
    this.#session.disconnect();
  }

  #save(path: string, profile: object): void {
    if (profile instanceof Error) throw profile;
    const file = this.#call.disk.open(path, "create");
    const bytes = Buffer.from(JSON.stringify(profile));
    file.truncate(0);
    file.write(bytes, 0);
    file.close();
  }
}
