import { ACCESS_ROUTES } from "./pages/access.ts";
import type { Route } from "./pages/call.ts";
import { CLUSTER_ROUTES } from "./pages/cluster.ts";
import { HISTORY_ROUTES } from "./pages/history.ts";
import { JOBS_ROUTES } from "./pages/jobs.ts";
import { KEYS_ROUTES } from "./pages/keys.ts";
import { LEASES_ROUTES } from "./pages/leases.ts";
import { MAINTENANCE_ROUTES } from "./pages/maintenance.ts";
import { SESSION_ROUTES } from "./pages/session.ts";
import { SPACE_ROUTES } from "./pages/space.ts";
import { WATCH_ROUTES } from "./pages/watch.ts";

/** Every address of the API, by method and path. */
export const ROUTES: ReadonlyMap<string, Route> = new Map(
  [
    ...SESSION_ROUTES,
    ...CLUSTER_ROUTES,
    ...KEYS_ROUTES,
    ...WATCH_ROUTES,
    ...LEASES_ROUTES,
    ...MAINTENANCE_ROUTES,
    ...ACCESS_ROUTES,
    ...HISTORY_ROUTES,
    ...SPACE_ROUTES,
    ...JOBS_ROUTES,
  ].map((route) => [`${route.method} ${route.path}`, route]),
);
