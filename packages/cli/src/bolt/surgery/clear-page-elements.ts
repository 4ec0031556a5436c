import { clearElements } from "@nodetcd/bolt/inspect";
import type { BoltCommand } from "../command.ts";
import { intFlag, uintFlag } from "../flag.ts";
import { warnOfLostPages } from "./clear-page.ts";
import { operateOnPages, OUTPUT, requireDataPage } from "./output-file.ts";

const PAGE_ID = uintFlag("pageId", "the page that loses entries", { required: true });
const FROM = intFlag(
  "from-index",
  "place of the first entry to take out; the first of the page is 0",
  0,
  {
    required: true,
  },
);
const TO = intFlag(
  "to-index",
  "place of the first entry behind them that stays; -1: none does",
  0,
  { required: true },
);

export const clearPageElements: BoltCommand = {
  use: "clear-page-elements <bbolt-file>",
  short: "take some entries out of a branch or leaf page",
  flags: [OUTPUT, PAGE_ID, FROM, TO],
  args: [1, 1],
  run: (call) => {
    const pageId = call.flags.get(PAGE_ID);
    const from = call.flags.get(FROM);
    const to = call.flags.get(TO);
    requireDataPage(pageId);
    const cutLoose = operateOnPages(call, (file) => clearElements(file, pageId, from, to));
    if (cutLoose) warnOfLostPages(call);
    call.out.write(`All elements in [${from}, ${to}) in page ${pageId} were cleared\n`);
  },
};
