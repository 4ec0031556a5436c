import { createHash } from "node:crypto";
import type { Digest, Digests } from "../digest.ts";

export const nodeDigests: Digests = {
  sha256(): Digest {
    const hash = createHash("sha256");
    return {
      update: (bytes) => void hash.update(bytes),
      finish: () => hash.digest(),
    };
  },
};
