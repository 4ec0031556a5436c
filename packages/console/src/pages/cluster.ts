import type { PulseView, Rank } from "../contract/cluster.ts";
import { clusterView, evidence, memberNames } from "../health/cluster-view.ts";
import { findings } from "../health/findings.ts";
import { happenings } from "../health/happenings.ts";
import { json } from "../http/exchange.ts";
import { inSteps } from "../samples/series.ts";
import type { Call, Route } from "./call.ts";

/** Milliseconds that a picture may be old when a page asks. */
const FRESH_MS = 1_500;
const RAIL_STEPS = 120;
const RAIL_MARKS = 24;

async function cluster({ app, query }: Call): Promise<ReturnType<typeof json>> {
  const hours = query.number("hours", 24, 1, 24 * 31);
  const snapshot = await app.sampler.look(FRESH_MS);
  const { samplesNote } = app.settings;
  return json(clusterView(snapshot, app.series, { hours, samplesNote }));
}

/** For the header and the rail. It answers also when the cluster does not. */
async function pulse({ app, client }: Call): Promise<ReturnType<typeof json>> {
  try {
    const snapshot = await app.sampler.look(FRESH_MS);
    const found = findings(evidence(snapshot, app.series));
    const worst: Rank = found[0]?.rank ?? "fine";
    const { sample, at, reports } = snapshot;
    const keys = await app.countKeys(client);
    const view: PulseView = {
      at,
      worst,
      worstCount: found.filter(({ rank }) => rank === worst).length,
      members: reports.length,
      answering: reports.filter(({ status }) => status !== undefined).length,
      revision: sample.revision,
      oldest: sample.oldest,
      rail: rail(app, at),
      marks: happenings(app.series.all, memberNames(snapshot)).slice(-RAIL_MARKS),
      counts: keys === undefined ? {} : { keys },
    };
    return json(view);
  } catch (error) {
    const last = app.series.last;
    const view: PulseView = {
      at: last?.at ?? 0,
      worst: "act",
      worstCount: 1,
      members: last?.members.length ?? 0,
      answering: 0,
      revision: last?.revision ?? 0,
      oldest: last?.oldest ?? 0,
      rail: rail(app, last?.at ?? 0),
      marks: [],
      counts: {},
      trouble: error instanceof Error ? error.message : String(error),
    };
    return json(view);
  }
}

/** Revisions over the time that is still readable, or of the samples that there are. */
function rail(app: Call["app"], at: number): PulseView["rail"] {
  const { all } = app.series;
  const oldest = app.series.last?.oldest ?? 0;
  const begin = all.findLast(({ revision }) => revision <= oldest) ?? all[0];
  if (begin === undefined) return [];
  // A sixth of the rail is kept for what is compacted already.
  const from = Math.max(all[0]!.at, begin.at - (at - begin.at) / 5);
  const to = Math.max(at, from + 1);
  const steps = inSteps(
    app.series.since(from),
    from,
    to + 1,
    RAIL_STEPS,
    ({ revision }) => revision,
  );
  return steps.flatMap((revision, step) =>
    revision === null ? [] : [{ at: from + ((step + 1) / RAIL_STEPS) * (to - from), revision }],
  );
}

export const CLUSTER_ROUTES: readonly Route[] = [
  { method: "GET", path: "/api/cluster", access: "read", run: cluster },
  { method: "GET", path: "/api/pulse", access: "read", run: pulse },
];
