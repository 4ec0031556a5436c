import { randomBytes, randomInt } from "node:crypto";
import type { Random } from "../random.ts";

export const nodeRandom: Random = {
  below: (bound) => randomInt(bound),
  uint64: () => randomBytes(8).readBigUInt64BE(),
  bytes: (length) => randomBytes(length),
};
