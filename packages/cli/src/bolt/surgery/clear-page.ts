import { clearElements } from "@nodetcd/bolt/inspect";
import type { BoltCommand, Call } from "../command.ts";
import { uintFlag } from "../flag.ts";
import { operateOnPages, OUTPUT, requireDataPage } from "./output-file.ts";

const PAGE_ID = uintFlag("pageId", "the page to empty", { required: true });

export const clearPage: BoltCommand = {
  use: "clear-page <bbolt-file>",
  short: "empty a branch or leaf page",
  flags: [OUTPUT, PAGE_ID],
  args: [1, 1],
  run: (call) => {
    const pageId = call.flags.get(PAGE_ID);
    requireDataPage(pageId);
    const cutLoose = operateOnPages(call, (file) => clearElements(file, pageId, 0, -1));
    if (cutLoose) warnOfLostPages(call);
    call.out.write(`The page (${pageId}) was cleared\n`);
  },
};

export function warnOfLostPages(call: Call): void {
  call.out.write(
    "WARNING: The clearing has abandoned some pages that are not yet referenced from free list.\n" +
      "Please consider executing `nodetcd bolt surgery freelist abandon ...`\n",
  );
}
