/** Programs that are built from Kubernetes' source, and the folder that keeps them. */
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT, sayMissing } from "../peers.ts";
import { run } from "../processes.ts";

export const KUBERNETES_VERSION: string = process.env["KUBERNETES_VERSION"] ?? "v1.36.3";

/**
 * The folder with all `names`, which `script` builds when one is missing: `KUBERNETES_PROGRAMS`, else one below
 * `PEERS_DIR` (default: nodetcd-peers in the system's temporary folder). Undefined, said aloud, when they
 * cannot be built.
 */
export async function kubernetesPrograms(
  names: readonly string[],
  script = "tests/kubernetes/build-control-plane.sh",
): Promise<string | undefined> {
  const peers = process.env["PEERS_DIR"] ?? join(tmpdir(), "nodetcd-peers");
  const folder =
    process.env["KUBERNETES_PROGRAMS"] ?? join(peers, `kubernetes-${KUBERNETES_VERSION}`);
  const missing = names.filter((name) => !existsSync(join(folder, name)));
  if (missing.length === 0) return folder;
  console.log(`building ${missing.join(", ")} of Kubernetes ${KUBERNETES_VERSION} into ${folder}`);
  const { status, stderr } = await run("sh", [join(ROOT, script), folder], {
    timeoutMs: 1_800_000,
    env: { PROGRAMS: missing.join(" "), KUBERNETES_VERSION },
  });
  if (status === 0) return folder;
  sayMissing(`${missing.join(", ")} of Kubernetes could not be built: ${stderr.slice(-500)}`);
  return undefined;
}
