/**
 * Writes `src/generated/*.ts` from `proto/*.proto`: the codecs of the messages, the table of the
 * methods, descriptors for JSON and the tags that hand-written code needs. Run by `npm run generate`; a test fails when
 * the output is not current.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { jsonModule } from "./json-code.ts";
import { messageModule } from "./message-code.ts";
import { methodsModule } from "./method-code.ts";
import { moduleName, readSchemas } from "./schema.ts";
import { tagsModule } from "./tag-code.ts";

const outFolder =
  process.argv[2] ?? join(dirname(fileURLToPath(import.meta.url)), "../src/generated");
mkdirSync(outFolder, { recursive: true });

function write(name: string, text: string): void {
  writeFileSync(join(outFolder, `${name}.ts`), text);
}

const schemas = readSchemas();
for (const file of schemas.files) write(moduleName(file.base), messageModule(schemas, file));
write("methods", methodsModule(schemas));
write("json", jsonModule(schemas));
write("tags", tagsModule(schemas));
