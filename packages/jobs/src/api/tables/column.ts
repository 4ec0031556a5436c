import type { KubeObject } from "../../objects/meta.ts";
import { age } from "./duration.ts";

export type Cell = string | number | boolean;

export interface Column<T extends KubeObject = KubeObject> {
  readonly name: string;
  readonly type: "string" | "integer";
  readonly format: string;
  readonly description: string;
  /** 1: only with `-o wide`. */
  readonly priority: number;
  /** A method, so that columns of one kind fit where columns of any kind are asked for. */
  cell(object: T, wallTimeMs: number): Cell;
}

type Options = Partial<Pick<Column, "type" | "format" | "priority">>;

export function column<T extends KubeObject>(
  name: string,
  description: string,
  cell: Column<T>["cell"],
  options: Options = {},
): Column<T> {
  return { name, type: "string", format: "", priority: 0, ...options, description, cell };
}

export const WIDE: Options = { priority: 1 };

export const NAME: Column = column("Name", "Name of the object", ({ metadata }) => metadata.name, {
  format: "name",
});

export const AGE: Column = column("Age", "Time since it was created", ({ metadata }, now) =>
  age(metadata.creationTimestamp, now),
);
