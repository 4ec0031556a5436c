import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { findViolations } from "./find-violations.ts";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { violations, filesRead } = findViolations(root);
for (const violation of violations) console.error(violation);
console.log(`ranks: ${filesRead} files read, ${violations.length} violations`);
process.exitCode = violations.length > 0 || filesRead === 0 ? 1 : 0;
