import type { RawMeta } from "@nodetcd/bolt/inspect";
import type { Output } from "../output.ts";

export function printMeta(out: Output, meta: RawMeta): void {
  out.write(
    [
      `Version:    ${meta.version}`,
      `Page Size:  ${meta.pageSize} bytes`,
      `Flags:      ${meta.flags.toString(16).padStart(8, "0")}`,
      `Root:       <pgid=${meta.rootPageId}>`,
      `Freelist:   <pgid=${meta.freelistPageId}>`,
      `HWM:        <pgid=${meta.highWater}>`,
      `Txn ID:     ${meta.txid}`,
      `Checksum:   ${meta.checksum.toString(16).padStart(16, "0")}`,
      "\n",
    ].join("\n"),
  );
}
