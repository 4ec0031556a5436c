import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { flagsPage } from "./flags-docs.ts";
import { errorsPage, limitsPage } from "./reference-docs.ts";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
writeFileSync(join(root, "docs/limits.md"), limitsPage(root));
writeFileSync(join(root, "docs/errors.md"), errorsPage(root));
writeFileSync(join(root, "docs/flags.md"), flagsPage());
