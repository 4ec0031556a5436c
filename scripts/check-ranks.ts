import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { findCircles } from "./find-circles.ts";
import { findViolations } from "./find-violations.ts";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { violations, filesRead } = findViolations(root);
const circles = findCircles(root);
for (const line of [...violations, ...circles]) console.error(line);
console.log(
  `ranks: ${filesRead} files read, ${violations.length} violations, ${circles.length} circles`,
);
process.exitCode = violations.length + circles.length > 0 || filesRead === 0 ? 1 : 0;
