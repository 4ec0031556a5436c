import type { BoltCommand } from "../command.ts";
import { clearPageElements } from "./clear-page-elements.ts";
import { clearPage } from "./clear-page.ts";
import { copyPage } from "./copy-page.ts";
import { freelistAbandon } from "./freelist-abandon.ts";
import { freelistRebuild } from "./freelist-rebuild.ts";
import { metaUpdate } from "./meta-update.ts";
import { metaValidate } from "./meta-validate.ts";
import { revertMetaPage } from "./revert-meta-page.ts";

export const surgery: BoltCommand = {
  use: "surgery <subcommand>",
  short: "mend a damaged file, in a copy of it",
  subcommands: [
    clearPage,
    clearPageElements,
    copyPage,
    {
      use: "freelist <subcommand>",
      short: "drop or remake the stored list of free pages",
      subcommands: [freelistAbandon, freelistRebuild],
    },
    {
      use: "meta <subcommand>",
      short: "examine or rewrite the two meta pages",
      subcommands: [metaUpdate, metaValidate],
    },
    revertMetaPage,
  ],
};
