import type { JobsView } from "../contract/jobs.ts";
import { isRoot } from "../access/is-root.ts";
import { ConsoleError } from "../errors.ts";
import { type ApiReply, json } from "../http/exchange.ts";
import { type Fields, fieldsOf, textOf } from "../http/query.ts";
import { again, cronJobView, jobView, podView, runNow } from "../kubernetes/job-views.ts";
import { type Kubernetes, type KubernetesObject, listAll } from "../kubernetes/kubernetes.ts";
import { logEvents } from "../kubernetes/log-lines.ts";
import type { Call, Route } from "./call.ts";

const MAX_OBJECTS = 5_000;
/** What a name in the API is made of; anything else would lead to another address. */
const NAME = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/;

function api({ app }: Call): Kubernetes {
  if (app.kubernetes !== undefined) return app.kubernetes;
  throw new ConsoleError(
    "NOT_FOUND",
    "There is no Kubernetes API here",
    "Start the console with --kubernetes http://127.0.0.1:8080, the address of 'nodetcd jobs'.",
  );
}

function nameOf(what: string, text: string): string {
  if (NAME.test(text)) return text;
  throw new ConsoleError("BAD_REQUEST", `${what} is no name of the API`);
}

async function jobs(call: Call): Promise<ApiReply> {
  const kubernetes = api(call);
  const now = call.app.clock.wallTime();
  const [cronJobs, list, slots] = await Promise.all([
    listAll(kubernetes, "/apis/batch/v1/cronjobs", MAX_OBJECTS),
    listAll(kubernetes, "/apis/batch/v1/jobs", MAX_OBJECTS),
    listAll(kubernetes, "/apis/nodetcd.io/v1/slots", MAX_OBJECTS).catch(() => undefined),
  ]);
  const view: JobsView = {
    at: now,
    cronJobs: cronJobs
      .map((one) => cronJobView(one, now, slots))
      .toSorted((a, b) => (`${a.namespace}/${a.name}` < `${b.namespace}/${b.name}` ? -1 : 1)),
    jobs: list.map(jobView).toSorted((a, b) => b.created - a.created),
  };
  return json(view);
}

async function pods(call: Call): Promise<ApiReply> {
  const namespace = nameOf("namespace", call.query.text("namespace"));
  const job = nameOf("job", call.query.text("job"));
  const selector = encodeURIComponent(`job-name=${job}`);
  const path = `/api/v1/namespaces/${namespace}/pods?labelSelector=${selector}`;
  const found = await listAll(api(call), path, 500);
  return json({ pods: found.map(podView).toSorted((a, b) => b.created - a.created) });
}

function logs(call: Call): ApiReply {
  const { query, signal, app } = call;
  const namespace = nameOf("namespace", query.text("namespace"));
  const pod = nameOf("pod", query.text("pod"));
  const container = query.text("container", "");
  const chosen = container === "" ? "" : `&container=${nameOf("container", container)}`;
  const path = `/api/v1/namespaces/${namespace}/pods/${pod}/log?follow=true&timestamps=true&tailLines=1000${chosen}`;
  return {
    kind: "events",
    events: logEvents(app.clock, api(call).stream(path, signal), signal),
  };
}

interface Target {
  readonly namespace: string;
  readonly name: string;
  readonly path: string;
}

function target(fields: Fields, resource: "jobs" | "cronjobs"): Target {
  const namespace = nameOf("namespace", textOf("namespace", fields["namespace"]));
  const name = nameOf("name", textOf("name", fields["name"]));
  return { namespace, name, path: `/apis/batch/v1/namespaces/${namespace}/${resource}/${name}` };
}

/** A name for a Job that is made by hand, as long as the API takes. */
function newName(call: Call, name: string): string {
  const suffix = Math.floor(call.app.clock.wallTime() / 1_000).toString(36);
  return `${name.slice(0, 63 - suffix.length - 8)}-manual-${suffix}`;
}

async function done(
  call: Call,
  action: string,
  { namespace, name }: Target,
  work: Promise<unknown>,
): Promise<ApiReply> {
  const where = `${namespace}/${name}`;
  try {
    await work;
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    call.audit({ action, target: where, outcome: "failed", detail });
    throw error;
  }
  call.audit({ action, target: where, outcome: "done", detail: "" });
  return json({ done: true });
}

async function create(call: Call, namespace: string, job: KubernetesObject): Promise<unknown> {
  const path = `/apis/batch/v1/namespaces/${namespace}/jobs`;
  return await api(call).call({ method: "POST", path, body: job });
}

async function run(call: Call): Promise<ApiReply> {
  const one = target(fieldsOf(call.body), "cronjobs");
  const cronJob = (await api(call).call({ method: "GET", path: one.path })) as KubernetesObject;
  return await done(
    call,
    "run now",
    one,
    create(call, one.namespace, runNow(cronJob, newName(call, one.name))),
  );
}

async function rerun(call: Call): Promise<ApiReply> {
  const one = target(fieldsOf(call.body), "jobs");
  const job = (await api(call).call({ method: "GET", path: one.path })) as KubernetesObject;
  const base = one.name.replace(/-manual-[a-z0-9]+$/, "");
  return await done(
    call,
    "run again",
    one,
    create(call, one.namespace, again(job, newName(call, base))),
  );
}

async function suspend(call: Call): Promise<ApiReply> {
  const fields = fieldsOf(call.body);
  const one = target(fields, fields["resource"] === "jobs" ? "jobs" : "cronjobs");
  const wanted = fields["suspend"] === true;
  const body = { spec: { suspend: wanted } };
  const contentType = "application/merge-patch+json";
  const work = api(call).call({ method: "PATCH", path: one.path, body, contentType });
  return await done(call, wanted ? "suspend" : "resume", one, work);
}

async function remove(call: Call): Promise<ApiReply> {
  const fields = fieldsOf(call.body);
  const one = target(fields, "jobs");
  if (textOf("typed", fields["typed"]) !== one.name) {
    throw new ConsoleError("FORBIDDEN", `Type ${one.name} to delete it`);
  }
  const path = `${one.path}?propagationPolicy=Background`;
  return await done(call, "delete job", one, api(call).call({ method: "DELETE", path }));
}

/**
 * The console asks the Kubernetes API with a token of its own, of which etcd's roles know nothing: where etcd has users it
 * does so for root alone.
 */
function forRoot(work: Route["run"]): Route["run"] {
  return async (call) => {
    if (await isRoot(call)) return await work(call);
    throw new ConsoleError("FORBIDDEN", "Jobs are shown to users with the role root");
  };
}

const ROUTES: readonly Route[] = [
  { method: "GET", path: "/api/jobs", access: "read", run: jobs },
  { method: "GET", path: "/api/jobs/pods", access: "read", run: pods },
  { method: "GET", path: "/api/jobs/logs", access: "read", run: logs },
  { method: "POST", path: "/api/jobs/run", access: "write", run },
  { method: "POST", path: "/api/jobs/rerun", access: "write", run: rerun },
  { method: "POST", path: "/api/jobs/suspend", access: "write", run: suspend },
  { method: "POST", path: "/api/jobs/delete", access: "write", run: remove },
];

export const JOBS_ROUTES: readonly Route[] = ROUTES.map((route) => ({
  ...route,
  run: forRoot(route.run),
}));
