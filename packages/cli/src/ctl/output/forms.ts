import type { OutputForm } from "./replies.ts";

/** The forms of `--write-out`. Each is loaded when it is asked for. */
export const FORMS: Readonly<Record<string, () => Promise<OutputForm>>> = {
  fields: async () => (await import("./fields.ts")).fields,
  json: async () => (await import("./json.ts")).json,
  protobuf: async () => (await import("./protobuf.ts")).protobuf,
  simple: async () => (await import("./simple.ts")).simple,
  table: async () => (await import("./table.ts")).table,
};
