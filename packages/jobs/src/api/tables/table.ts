import type { KubeObject } from "../../objects/meta.ts";
import type { Call } from "../call.ts";
import { metadataOf, present } from "../present.ts";
import { JOB_COLUMNS, CRON_JOB_COLUMNS, SLOT_COLUMNS } from "./job-columns.ts";
import { AGE, type Column, NAME } from "./column.ts";
import {
  CONFIG_MAP_COLUMNS,
  EVENT_COLUMNS,
  LEASE_COLUMNS,
  NAMESPACE_COLUMNS,
  NODE_COLUMNS,
  SECRET_COLUMNS,
} from "./core-columns.ts";
import { POD_COLUMNS } from "./pod-columns.ts";

const COLUMNS: Readonly<Record<string, readonly Column[]>> = {
  jobs: JOB_COLUMNS,
  cronjobs: CRON_JOB_COLUMNS,
  slots: SLOT_COLUMNS,
  pods: POD_COLUMNS,
  events: EVENT_COLUMNS,
  configmaps: CONFIG_MAP_COLUMNS,
  secrets: SECRET_COLUMNS,
  namespaces: NAMESPACE_COLUMNS,
  nodes: NODE_COLUMNS,
  leases: LEASE_COLUMNS,
};

interface Table {
  readonly kind: "Table";
  readonly apiVersion: "meta.k8s.io/v1";
  readonly metadata: object;
  readonly columnDefinitions: readonly object[] | null;
  readonly rows: readonly object[];
}

/** What a row carries of its object, as `includeObject` asks. */
function included(call: Call, object: KubeObject): object | null {
  const wanted = call.request.query.get("includeObject") ?? "Metadata";
  if (wanted === "None") return null;
  const shown = present(call.target.served, object);
  return wanted === "Object" ? shown : metadataOf(shown);
}

function definition({ name, type, format, description, priority }: Column): object {
  return { name, type, format, description, priority };
}

/** Objects as the rows that kubectl prints. `columns` false leaves out their definitions. */
export function tableOf(
  call: Call,
  objects: readonly KubeObject[],
  metadata: object,
  columns = true,
): Table {
  const shown = COLUMNS[call.target.served.resource.plural] ?? [NAME, AGE];
  const now = call.api.runtime.clock.wallTime();
  return {
    kind: "Table",
    apiVersion: "meta.k8s.io/v1",
    metadata,
    columnDefinitions: columns ? shown.map(definition) : null,
    rows: objects.map((object) => ({
      cells: shown.map(({ cell }) => cell(object, now)),
      object: included(call, object),
    })),
  };
}
