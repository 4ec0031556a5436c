import { type MetaFields, updateMeta } from "@nodetcd/bolt/inspect";
import { usageError } from "../command-error.ts";
import type { BoltCommand } from "../command.ts";
import { stringsFlag, uint32Flag } from "../flag.ts";
import { copyAndOperate, OUTPUT } from "./output-file.ts";

const FIELDS = stringsFlag(
  "fields",
  "what to write, such as root:16,pgid:20; the names are pageSize, root, freelist and pgid",
);
const META_PAGE = uint32Flag("meta-page", "which of the two meta pages: 0 or 1");
const MAX_UINT64 = 2n ** 64n - 1n;

export const metaUpdate: BoltCommand = {
  use: "update <bbolt-file>",
  short: "write other values into a meta page",
  flags: [OUTPUT, FIELDS, META_PAGE],
  args: [1, 1],
  run: (call) => {
    const index = call.flags.get(META_PAGE);
    if (index > 1) throw usageError(`invalid meta page id: ${index}`);
    const fields = parseFields(call.flags.get(FIELDS));
    const { changed, firstPageSize, pageSize } = copyAndOperate(call, (path) =>
      updateMeta(call.disk, path, index === 0 ? 0 : 1, fields),
    );
    if (index === 1 && firstPageSize !== pageSize) {
      call.out.write(
        `WARNING: The page size (${firstPageSize}) in the first meta page doesn't match the ` +
          `second meta page (${pageSize})\n`,
      );
    }
    call.out.write(changed ? `The meta page ${index} has been updated!\n` : "Nothing changed!\n");
  },
};

/** "root:16" and so on. Raises a usage error. */
function parseFields(texts: readonly string[]): MetaFields {
  const fields: MetaFields = {};
  for (const text of texts) {
    const [name, value, more] = text.split(":");
    if (value === undefined || more !== undefined) {
      throw usageError(`invalid key-value pair: ${text}`);
    }
    if (name !== "pageSize" && name !== "root" && name !== "freelist" && name !== "pgid") {
      throw usageError(`field "${name}" isn't allowed to be updated`);
    }
    if (!/^\d+$/.test(value) || BigInt(value) > MAX_UINT64) {
      throw usageError(`invalid value "${value}" for field "${name}"`);
    }
    if (name === "pageSize") fields.pageSize = Number(BigInt.asUintN(32, BigInt(value)));
    else fields[name] = BigInt(value);
  }
  return fields;
}
