import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from "@tanstack/react-router";
import { ClusterPage } from "./pages/cluster/cluster-page.tsx";
import { Failed } from "./parts/states.tsx";
import { Shell } from "./shell/shell.tsx";

/** What every address may carry: the revision that the page stands at. */
export interface RootSearch {
  readonly at?: number | undefined;
}

const root = createRootRoute({
  component: Shell,
  validateSearch: (search): RootSearch => {
    const at = Number(search["at"]);
    return Number.isSafeInteger(at) && at > 0 ? { at } : {};
  },
  errorComponent: ({ error }) => <Failed error={error} what="This page" />,
  notFoundComponent: () => <Failed error={new Error("There is no such page")} what="This page" />,
});

const index = createRoute({
  getParentRoute: () => root,
  path: "/",
  beforeLoad: () => {
    redirect({ to: "/cluster", replace: true, throw: true });
  },
});

const keysPage = lazyRouteComponent(() => import("./pages/keys/keys-page.tsx"), "KeysPage");

const maintenancePage = lazyRouteComponent(
  () => import("./pages/maintenance/maintenance-page.tsx"),
  "MaintenancePage",
);

type Search = Record<string, unknown>;

/** A parameter that is text; numbers that the router read are text, too. */
function text<Name extends string>(search: Search, name: Name): { [K in Name]?: string } {
  const value = search[name];
  const held = typeof value === "number" ? String(value) : value;
  return (typeof held === "string" && held !== "" ? { [name]: held } : {}) as {
    [K in Name]?: string;
  };
}

function revision<Name extends string>(search: Search, name: Name): { [K in Name]?: number } {
  const value = Number(search[name]);
  return (Number.isSafeInteger(value) && value > 0 ? { [name]: value } : {}) as {
    [K in Name]?: number;
  };
}

interface WatchSearch {
  readonly prefix?: string | undefined;
  readonly pattern?: string | undefined;
  readonly from?: number | undefined;
}

function watchSearch(search: Search): WatchSearch {
  return { ...text(search, "prefix"), ...text(search, "pattern"), ...revision(search, "from") };
}

interface HistorySearch {
  readonly prefix?: string | undefined;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

function historySearch(search: Search): HistorySearch {
  return { ...text(search, "prefix"), ...revision(search, "from"), ...revision(search, "to") };
}

const routes = [
  index,
  createRoute({ getParentRoute: () => root, path: "cluster", component: ClusterPage }),
  createRoute({
    getParentRoute: () => root,
    path: "watch",
    validateSearch: watchSearch,
    component: lazyRouteComponent(() => import("./pages/watch/watch-page.tsx"), "WatchPage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "history",
    validateSearch: historySearch,
    component: lazyRouteComponent(() => import("./pages/history/history-page.tsx"), "HistoryPage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "space",
    validateSearch: (search): { prefix?: string | undefined } => text(search, "prefix"),
    component: lazyRouteComponent(() => import("./pages/space/space-page.tsx"), "SpacePage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "leases",
    component: lazyRouteComponent(() => import("./pages/leases/leases-page.tsx"), "LeasesPage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "locks",
    component: lazyRouteComponent(() => import("./pages/leases/locks-page.tsx"), "LocksPage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "jobs",
    validateSearch: (search): { job?: string | undefined; namespace?: string | undefined } => ({
      ...text(search, "job"),
      ...text(search, "namespace"),
    }),
    component: lazyRouteComponent(() => import("./pages/jobs/jobs-page.tsx"), "JobsPage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "maintenance",
    component: maintenancePage,
  }),
  createRoute({
    getParentRoute: () => root,
    path: "maintenance/$tab",
    component: maintenancePage,
  }),
  createRoute({
    getParentRoute: () => root,
    path: "access",
    component: lazyRouteComponent(() => import("./pages/access/access-page.tsx"), "AccessPage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "audit",
    component: lazyRouteComponent(() => import("./pages/audit/audit-page.tsx"), "AuditPage"),
  }),
  createRoute({ getParentRoute: () => root, path: "keys", component: keysPage }),
  createRoute({
    getParentRoute: () => root,
    path: "keys/$key",
    // `keys/<key>@<revision>`: a link to a key as it was.
    beforeLoad: ({ params: { key } }) => {
      const [id = "", revision] = key.split("@");
      if (revision === undefined) return;
      const at = Number(revision);
      redirect({
        to: "/keys/$key",
        params: { key: id },
        search: { at },
        replace: true,
        throw: true,
      });
    },
    component: keysPage,
  }),
] as const;

export const router = createRouter({
  routeTree: root.addChildren([...routes]),
  basepath: new URL(document.baseURI).pathname,
  defaultPreload: "intent",
  scrollRestoration: true,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
