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
  short: "surgery related commands",
  subcommands: [
    clearPage,
    clearPageElements,
    copyPage,
    {
      use: "freelist <subcommand>",
      short: "freelist related surgery commands",
      subcommands: [freelistAbandon, freelistRebuild],
    },
    {
      use: "meta <subcommand>",
      short: "meta page related surgery commands",
      subcommands: [metaUpdate, metaValidate],
    },
    revertMetaPage,
  ],
};
