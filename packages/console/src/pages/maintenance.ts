import type {
  CompactPreview,
  MaintenanceView,
  MemberPlan,
  TaskView,
} from "../contract/maintenance.ts";
import { ConsoleError } from "../errors.ts";
import { memberViews } from "../health/member-views.ts";
import { type ApiReply, json } from "../http/exchange.ts";
import { type Fields, fieldsOf, textOf, wholeNumber } from "../http/query.ts";
import { reasonOf } from "../members/ask-members.ts";
import { compareHashes } from "../tasks/compare-hashes.ts";
import { hexId } from "../samples/sample.ts";
import { defragmentOrder, defragmentSteps } from "../tasks/defragment.ts";
import { gates } from "../tasks/gates.ts";
import { handOver } from "../tasks/hand-over.ts";
import { makeRoomSteps } from "../tasks/make-room.ts";
import { replaceMemberSteps } from "../tasks/replace-member.ts";
import { type Step, Task } from "../task.ts";
import type { Call, Route } from "./call.ts";

const HOUR_MS = 3_600_000;
const KEEP: readonly (readonly [string, number])[] = [
  ["keep 24 hours", 24 * HOUR_MS],
  ["keep 1 hour", HOUR_MS],
  ["keep 5 minutes", HOUR_MS / 12],
];

async function maintenance({ app }: Call): Promise<ApiReply> {
  const snapshot = await app.sampler.look(1_500);
  const { reports, sample, at } = snapshot;
  const views = memberViews(reports, sample);
  const most = (values: readonly (number | undefined)[]): number | undefined => {
    const told = values.filter((value) => value !== undefined);
    return told.length === 0 ? undefined : Math.max(...told);
  };
  const quotas = views.map(({ quota }) => quota).filter((quota) => quota !== undefined);
  const plan: MemberPlan[] = defragmentOrder(reports, sample.leader).map(({ member }) => {
    const view = views.find(({ id }) => id === hexId(member.id))!;
    const { id, name, role, behind, dbSize, dbSizeInUse, error } = view;
    return {
      id,
      name,
      role,
      ...(error === undefined ? {} : { error }),
      ...(behind === undefined ? {} : { behind }),
      ...(dbSize === undefined ? {} : { size: dbSize }),
      ...(dbSizeInUse === undefined ? {} : { inUse: dbSizeInUse }),
    };
  });
  const file = most(views.map(({ dbSize }) => dbSize));
  const inUse = most(views.map(({ dbSizeInUse }) => dbSizeInUse));
  const choices = KEEP.flatMap(([label, ms]) => {
    const before = app.series.at(at - ms);
    return before === undefined || before.revision <= sample.oldest
      ? []
      : [{ label, revision: before.revision }];
  });
  const view: MaintenanceView = {
    at,
    revision: sample.revision,
    oldest: sample.oldest,
    gates: gates(snapshot, app.settings.fsyncGateMs),
    plan,
    ...(app.task === undefined ? {} : { task: app.task.view }),
    alarms: sample.alarms,
    ...(quotas.length === 0 ? {} : { quota: Math.min(...quotas) }),
    ...(file === undefined ? {} : { file }),
    ...(inUse === undefined ? {} : { inUse }),
    choices: [...choices, { label: "keep nothing: to now", revision: sample.revision }],
  };
  return json(view);
}

/** What would be lost by a compaction to this revision. */
async function preview({ app, query }: Call): Promise<ApiReply> {
  const revision = query.number("revision", 0, 1);
  const { sample, at, reports } = await app.sampler.look(5_000);
  const keptFrom = app.series.all.findLast((known) => known.revision <= revision);
  const oldest = app.series.all.find((known) => known.revision >= sample.oldest);
  const sum = (name: string): number | undefined => {
    const told = reports.map(({ metrics }) => metrics?.values.get(name));
    const known = told.filter((value) => value !== undefined);
    return known.length === 0 ? undefined : known.reduce((all, value) => all + value, 0);
  };
  const slowWatchers = sum("etcd_debugging_mvcc_slow_watcher_total");
  const watchers = sum("etcd_debugging_mvcc_watcher_total");
  const view: CompactPreview = {
    revision,
    revisionsLost: Math.max(0, revision - sample.oldest),
    ...(keptFrom === undefined ? {} : { keptMs: at - keptFrom.at }),
    ...(keptFrom === undefined || oldest === undefined
      ? {}
      : { lostMs: Math.max(0, keptFrom.at - oldest.at) }),
    ...(slowWatchers === undefined ? {} : { slowWatchers }),
    ...(watchers === undefined ? {} : { watchers }),
  };
  return json(view);
}

/** The cluster's name has to be typed before what cannot be undone. */
function checkName({ app }: Call, fields: Fields): void {
  if (textOf("name", fields["name"]) === app.settings.name) return;
  throw new ConsoleError("FORBIDDEN", `Type ${app.settings.name} to allow it`);
}

async function compact(call: Call): Promise<ApiReply> {
  const fields = fieldsOf(call.body);
  checkName(call, fields);
  const revision = wholeNumber("revision", fields["revision"], 1, Number.MAX_SAFE_INTEGER);
  const target = String(revision);
  try {
    await call.client.compact(revision, { physical: true, timeoutMs: 600_000 });
  } catch (error) {
    call.audit({ action: "compact", target, outcome: "failed", detail: reasonOf(error) });
    throw error;
  }
  call.audit({ action: "compact", target, outcome: "done", detail: "", revision });
  await call.app.sampler.look(0);
  return json({ compacted: revision });
}

function begin(
  call: Call,
  kind: TaskView["kind"],
  title: string,
  steps: readonly Step[],
): ApiReply {
  const { app, session } = call;
  if (app.task?.running === true) {
    throw new ConsoleError("CONFLICT", "Another task is running", "Stop it, or wait for its end.");
  }
  const by = session.user ?? "nobody in particular";
  const task = new Task(app.clock, { id: `${app.clock.wallTime()}`, kind, title, by }, steps);
  app.task = task;
  call.audit({ action: title, target: app.settings.name, outcome: "done", detail: "begun" });
  void task.ended.then(() => {
    const { state } = task.view;
    const outcome = state === "done" ? "done" : "failed";
    call.audit({ action: title, target: app.settings.name, outcome, detail: state });
  });
  return json(task.view);
}

async function defragment(call: Call): Promise<ApiReply> {
  return begin(
    call,
    "defragment",
    "Defragment all members",
    await defragmentSteps(call.app, call.members),
  );
}

async function makeRoom(call: Call): Promise<ApiReply> {
  const fields = fieldsOf(call.body);
  checkName(call, fields);
  const revision = wholeNumber("revision", fields["revision"], 1, Number.MAX_SAFE_INTEGER);
  return begin(
    call,
    "space",
    "Make room",
    await makeRoomSteps(call.app, call.client, call.members, revision),
  );
}

function stop(call: Call): ApiReply {
  call.app.task?.stop();
  call.audit({ action: "stop task", target: call.app.settings.name, outcome: "done", detail: "" });
  return json({ stopped: true });
}

/** With the rights of who asks: the console itself may not even list the members. */
async function hashes({ client, members }: Call): Promise<ApiReply> {
  return json(await compareHashes(client, members));
}

/** A member by its id; its name has to be typed before it goes. */
async function replaceMember(call: Call): Promise<ApiReply> {
  const fields = fieldsOf(call.body);
  const id = memberId(fields);
  const { reports } = await call.app.sampler.look(5_000);
  const member = reports.find((report) => report.member.id === id)?.member;
  const name = member?.name || hexId(id);
  if (textOf("name", fields["name"]) !== name) {
    throw new ConsoleError("FORBIDDEN", `Type ${name} to allow it`);
  }
  const steps = await replaceMemberSteps(call.app, call.client, call.members, id);
  return begin(call, "replace", `Replace ${name}`, steps);
}

async function moveLeader(call: Call): Promise<ApiReply> {
  const to = memberId(fieldsOf(call.body));
  const { app, members } = call;
  const { sample } = await app.sampler.look(0);
  const audit = { action: "hand over", target: hexId(to) };
  try {
    if (sample.leader === "") throw new ConsoleError("CONFLICT", "There is no leader");
    await handOver(app, members, BigInt(`0x${sample.leader}`), to);
  } catch (error) {
    call.audit({ ...audit, outcome: "failed", detail: reasonOf(error) });
    throw error;
  }
  call.audit({ ...audit, outcome: "done", detail: "" });
  return json({ leader: hexId(to) });
}

function memberId(fields: Fields): bigint {
  const text = textOf("id", fields["id"]);
  if (!/^[0-9a-f]{1,16}$/.test(text)) throw new ConsoleError("BAD_REQUEST", "id is no member's id");
  return BigInt(`0x${text}`);
}

async function disarm(call: Call): Promise<ApiReply> {
  checkName(call, fieldsOf(call.body));
  const lifted = await call.client.maintenance.disarm();
  const target = lifted.map(({ alarm, memberId }) => `${alarm} ${hexId(memberId)}`).join(", ");
  call.audit({ action: "disarm", target, outcome: "done", detail: "" });
  return json({ lifted: lifted.length });
}

/** A member's database as one file, with the checksum that `etcdutl snapshot restore` looks for. */
function snapshot(call: Call): ApiReply {
  const { app, client, signal } = call;
  const day = new Date(app.clock.wallTime()).toISOString().slice(0, 16).replace(/[-:]/g, "");
  const name = `${app.settings.name.replace(/[^\w.-]+/g, "_")}-${day}.db`;
  call.audit({ action: "download snapshot", target: name, outcome: "done", detail: "" });
  return {
    kind: "file",
    name,
    type: "application/octet-stream",
    chunks: client.maintenance.snapshot({ signal }),
  };
}

export const MAINTENANCE_ROUTES: readonly Route[] = [
  { method: "GET", path: "/api/maintenance", access: "read", run: maintenance },
  { method: "GET", path: "/api/maintenance/preview", access: "read", run: preview },
  { method: "GET", path: "/api/maintenance/hashes", access: "read", run: hashes },
  { method: "GET", path: "/api/maintenance/snapshot", access: "read", run: snapshot },
  { method: "POST", path: "/api/maintenance/compact", access: "write", run: compact },
  { method: "POST", path: "/api/maintenance/defragment", access: "write", run: defragment },
  { method: "POST", path: "/api/maintenance/make-room", access: "write", run: makeRoom },
  { method: "POST", path: "/api/maintenance/replace", access: "write", run: replaceMember },
  { method: "POST", path: "/api/maintenance/move-leader", access: "write", run: moveLeader },
  { method: "POST", path: "/api/maintenance/stop", access: "write", run: stop },
  { method: "POST", path: "/api/maintenance/disarm", access: "write", run: disarm },
];
