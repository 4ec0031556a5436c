import { BoltError } from "@nodetcd/bolt";
import {
  freelistIds,
  openRawFile,
  type Page,
  PAGE_HEADER_SIZE,
  pageElements,
  pageKind,
  pageTypeName,
  type RawFile,
  type RawMeta,
  readRawMeta,
} from "@nodetcd/bolt/inspect";
import { BoltCommandError, usageError } from "./command-error.ts";
import type { BoltCommand, Call } from "./command.ts";
import { switchFlag } from "./flag.ts";
import { format, FORMAT, quotedOrHex } from "./format.ts";
import { requireFile } from "./open-source.ts";
import type { Output } from "../output.ts";
import { parsePageIds } from "./page-id.ts";

const SEPARATOR = "===============================================\n";
const ALL = switchFlag("all", "every page of the file");
const VALUE_FORMAT = {
  ...FORMAT,
  name: "format-value",
  help: `${FORMAT.help}, for the values of leaf pages`,
};

export const page: BoltCommand = {
  use: "page <bbolt-file> [pageid...]",
  short: "spell out what pages hold: header, entries, free ids",
  flags: [ALL, VALUE_FORMAT],
  args: [1, Infinity],
  run: (call) => {
    const [path, ...texts] = call.args;
    const all = call.flags.get(ALL);
    const ids = all && texts.length === 0 ? undefined : parsePageIds(texts);
    if (all && ids !== undefined) {
      throw usageError("invalid args: either use '--all' or 'pageid...'");
    }
    requireFile(call, path!);
    const raw = openRawFile(call.disk, path!);
    try {
      if (ids === undefined) return printAll(call, raw);
      const failed = printSome(call, raw, ids);
      if (failed > 0) throw new BoltCommandError(`${path}: ${failed} pages could not be shown`);
    } finally {
      raw.close();
    }
  },
};

/** Returns how many failed. */
function printSome(call: Call, raw: RawFile, ids: readonly number[]): number {
  let failed = 0;
  for (const [at, id] of ids.entries()) {
    if (at > 0) call.out.write(SEPARATOR);
    if (printPage(call, raw, id) === undefined) failed++;
  }
  return failed;
}

/** Free pages may hold anything, so what cannot be shown is no failure here. */
function printAll(call: Call, raw: RawFile): void {
  for (let id = 0; id < raw.highWater;) {
    if (id * raw.pageSize >= raw.size()) {
      throw new BoltError("CORRUPT", `the file ends before page ${id} of ${raw.highWater}`);
    }
    if (id > 0) call.out.write(SEPARATOR);
    id += 1 + (printPage(call, raw, id) ?? 0);
  }
}

/** Returns how many pages it goes on for; undefined when it could not be shown. */
function printPage(call: Call, raw: RawFile, id: number): number | undefined {
  const { out } = call;
  try {
    const found = raw.page(id);
    out.write(`Page ID:    ${found.id}\n`);
    out.write(`Page Type:  ${pageTypeName(found.flags)}\n`);
    out.write(`Total Size: ${found.bytes.length} bytes\n`);
    out.write(`Overflow pages: ${found.overflow}\n`);
    printContent(out, found, call.flags.get(VALUE_FORMAT));
    return found.overflow;
  } catch (error) {
    if (!(error instanceof BoltError)) throw error;
    // The misspelling is bbolt's: whoever looks for the line finds it.
    out.write(`Prining page ${id} failed: ${error.message}. Continuing...\n`);
    return undefined;
  }
}

function printContent(out: Output, found: Page, valueFormat: string): void {
  switch (pageKind(found.flags)) {
    case "meta":
      return printMeta(out, readRawMeta(found.bytes.subarray(PAGE_HEADER_SIZE)));
    case "freelist":
      return printFreelist(out, found);
    case "leaf":
    case "branch":
      return printElements(out, found, valueFormat);
    case "unknown":
  }
}

function printMeta(out: Output, meta: RawMeta): void {
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

function printElements(out: Output, found: Page, valueFormat: string): void {
  out.write(`Item Count: ${found.count}\n\n`);
  for (const element of pageElements(found)) {
    out.write(`${quotedOrHex(element.key)}: `);
    if (element.kind === "value") out.write(format(element.value, valueFormat));
    else if (element.kind === "child") out.write(`<pgid=${element.pageId}>`);
    else out.write(`<pgid=${element.rootPageId},seq=${element.sequence}>`);
    out.write("\n");
  }
  out.write("\n");
}

function printFreelist(out: Output, found: Page): void {
  const ids = freelistIds(found);
  out.write(`Item Count: ${ids.length}\nOverflow: ${found.overflow}\n\n`);
  for (const id of ids) out.write(`${id}\n`);
  out.write("\n");
}
