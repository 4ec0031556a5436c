import { type Backend, openBackend } from "@nodetcd/backend";
import { nodeRuntime } from "@nodetcd/runtime/node";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A backend in a temporary folder; `close` removes it. */
export function temporaryBackend(): { backend: Backend; close: () => Promise<void> } {
  const folder = mkdtempSync(join(tmpdir(), "membership-test-"));
  const backend = openBackend(nodeRuntime, join(folder, "db"));
  return {
    backend,
    close: async () => {
      await backend.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
