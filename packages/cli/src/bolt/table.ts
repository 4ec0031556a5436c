import { bench } from "./bench/bench.ts";
import { buckets } from "./buckets.ts";
import { check } from "./check.ts";
import type { BoltCommand } from "./command.ts";
import { compact } from "./compact.ts";
import { dump } from "./dump.ts";
import { experiment } from "./experiment.ts";
import { get } from "./get.ts";
import { info } from "./info.ts";
import { inspect } from "./inspect.ts";
import { keys } from "./keys.ts";
import { pageItem } from "./page-item.ts";
import { page } from "./page.ts";
import { pages } from "./pages.ts";
import { stats } from "./stats.ts";
import { surgery } from "./surgery/surgery.ts";

/** `nodetcd bolt` with all its subcommands, by name. */
export const BOLT: BoltCommand = {
  use: "bolt",
  short: "Inspect, check, compact and mend bbolt database files, those of etcd among them",
  subcommands: [
    bench,
    buckets,
    check,
    compact,
    dump,
    experiment,
    get,
    info,
    inspect,
    keys,
    page,
    pageItem,
    pages,
    stats,
    surgery,
  ],
};
