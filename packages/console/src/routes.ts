import type { Route } from "./pages/call.ts";
import { CLUSTER_ROUTES } from "./pages/cluster.ts";
import { KEYS_ROUTES } from "./pages/keys.ts";
import { SESSION_ROUTES } from "./pages/session.ts";

/** Every address of the API, by method and path. */
export const ROUTES: ReadonlyMap<string, Route> = new Map(
  [...SESSION_ROUTES, ...CLUSTER_ROUTES, ...KEYS_ROUTES].map((route) => [
    `${route.method} ${route.path}`,
    route,
  ]),
);
