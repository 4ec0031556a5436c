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

const page = <Path extends string>(path: Path, component: () => unknown) =>
  createRoute({ getParentRoute: () => root, path, component: component as () => null });

const index = createRoute({
  getParentRoute: () => root,
  path: "/",
  beforeLoad: () => {
    redirect({ to: "/cluster", replace: true, throw: true });
  },
});

const keysPage = lazyRouteComponent(() => import("./pages/keys/keys-page.tsx"), "KeysPage");

const routes = [
  index,
  page("cluster", ClusterPage),
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
