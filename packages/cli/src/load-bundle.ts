import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { Script } from "node:vm";

/** The build sets it, to have the code written that a run has compiled. */
const WRITE = "NODETCD_WRITE_CODE";

type Wrapper = (
  exports: object,
  require: NodeJS.Require,
  module: { readonly exports: object },
  filename: string,
  folder: string,
) => void;

/**
 * Loads a bundle in the form of CommonJS with the code beside it (`FILE.code`) that V8 had compiled at the build: a third of the
 * time that loading it takes otherwise. Code of another version of V8 counts for nothing; the bundle is compiled anew then.
 */
export function loadBundle(file: string): object {
  const require = createRequire(file);
  const isWritten = process.env[WRITE] !== undefined;
  const code = isWritten ? undefined : readCode(`${file}.code`);
  if (code === undefined && !isWritten) return require(file) as object;
  const source = `(function (exports, require, module, __filename, __dirname) {${readFileSync(file, "utf8")}\n})`;
  const script = new Script(source, {
    filename: file,
    ...(code === undefined ? {} : { cachedData: code }),
  });
  // Node's own loader keeps compiled code between runs where it can.
  if (script.cachedDataRejected === true) return require(file) as object;
  const module = { exports: {} };
  (script.runInThisContext() as Wrapper)(module.exports, require, module, file, dirname(file));
  if (isWritten) {
    process.on("exit", () => writeFileSync(`${file}.code`, script.createCachedData()));
  }
  return module.exports;
}

function readCode(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}
