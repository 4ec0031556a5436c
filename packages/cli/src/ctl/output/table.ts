import { rawText } from "./values.ts";
import type { OutputForm } from "./replies.ts";
import { hashRows, healthRows, memberRows, type Rows, statusRows } from "./rows.ts";

function centred(text: string, width: number): string {
  const left = Math.floor((width - text.length) / 2);
  return text.padStart(text.length + left).padEnd(width);
}

/** Box drawing, headings in capitals and centred, cells at the right. */
export function drawTable({ head, rows }: Rows): string {
  const titles = head.map((title) => title.replaceAll("_", " ").toUpperCase());
  const widths = titles.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]!.length)),
  );
  const rule = (left: string, middle: string, right: string): string =>
    `${left}${widths.map((width) => "─".repeat(width + 2)).join(middle)}${right}\n`;
  const line = (cells: readonly string[]): string =>
    `│${cells.map((cell) => ` ${cell} `).join("│")}│\n`;
  const body = rows.map((row) => line(row.map((cell, i) => cell.padStart(widths[i]!)))).join("");
  const top = line(titles.map((title, i) => centred(title, widths[i]!)));
  const middle = rows.length === 0 ? "" : `${rule("├", "┼", "┤")}${body}`;
  return rawText(`${rule("┌", "┬", "┐")}${top}${middle}${rule("└", "┴", "┘")}`);
}

/** `-w table`. */
export const table: OutputForm = {
  memberList: (reply) => drawTable(memberRows(reply)),
  endpointHealth: (list) => drawTable(healthRows(list)),
  endpointStatus: (list) => drawTable(statusRows(list)),
  endpointHashKv: (list) => drawTable(hashRows(list)),
};
