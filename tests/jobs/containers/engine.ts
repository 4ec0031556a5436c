/** A container engine of this machine, and an image for it. */
import { copyFileSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { sayMissing } from "../../peers.ts";
import { run } from "../../processes.ts";

export const IMAGE = "localhost/nodetcd-busybox";
const APPLETS = ["sh", "cat", "echo", "env", "id", "pwd", "sleep", "touch", "true", "wc"];

export class TestEngine {
  readonly name: string;

  private constructor(name: string) {
    this.name = name;
  }

  /** Undefined, said aloud, where the engine or a static busybox is missing, or cannot run containers here. */
  static async open(name: string, folder: string): Promise<TestEngine | undefined> {
    const engine = new TestEngine(name);
    const shell = process.env["BUSYBOX_BIN"] ?? "/bin/busybox";
    try {
      mkdirSync(join(folder, "root", "bin"), { recursive: true });
      copyFileSync(shell, join(folder, "root", "bin", "busybox"));
      for (const applet of APPLETS) symlinkSync("busybox", join(folder, "root", "bin", applet));
      const tar = join(folder, "image.tar");
      await run("tar", ["-C", join(folder, "root"), "-cf", tar, "."]);
      await engine.tell("import", tar, IMAGE);
      await engine.tell("run", "--rm", "--network", "host", IMAGE, "true");
      return engine;
    } catch (error) {
      sayMissing(`${name} that runs a static busybox (BUSYBOX_BIN): ${String(error)}`);
      return undefined;
    }
  }

  /** Its answer; raises what it complains about. */
  async tell(...args: string[]): Promise<string> {
    const { status, stdout, stderr } = await run(this.name, args, { timeoutMs: 60_000 });
    if (status !== 0) throw new Error(`${this.name} ${args[0]}: ${stderr.trim()}`);
    return stdout.toString().trim();
  }

  /** Names of the containers of this pod that the engine has. */
  async containers(podUid: string): Promise<string[]> {
    const names = await this.tell("ps", "--all", "--format", "{{.Names}}");
    return names.split("\n").filter((name) => name.startsWith(podUid));
  }
}
