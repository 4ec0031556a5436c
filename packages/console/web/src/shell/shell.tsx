import { Outlet } from "@tanstack/react-router";
import { lazy, type ReactNode, Suspense, useState } from "react";
import { useSession } from "../data/queries.ts";
import { Failed } from "../parts/states.tsx";
import { Header } from "./header.tsx";
import { Nav } from "./nav.tsx";
import { Rail } from "./rail.tsx";
import { useShortcuts } from "./shortcuts.ts";

const Palette = lazy(async () => ({ default: (await import("./palette.tsx")).Palette }));
const KeySheet = lazy(async () => ({ default: (await import("./key-sheet.tsx")).KeySheet }));
const SignIn = lazy(async () => ({ default: (await import("./sign-in.tsx")).SignIn }));

export type Overlay = "palette" | "keys" | undefined;

/** What surrounds every page. */
export function Shell(): ReactNode {
  const [overlay, setOverlay] = useState<Overlay>();
  const { data: session, error } = useSession();
  useShortcuts(setOverlay);
  const close = (): void => setOverlay(undefined);
  return (
    <>
      <a className="skip" href="#main">
        Skip to the page
      </a>
      <Nav />
      <Header open={setOverlay} />
      <Rail />
      <main className="main" id="main" tabIndex={-1}>
        {session === undefined && error !== null ? (
          <Failed error={error} what="The console" />
        ) : null}
        {session === undefined ? null : session.needsLogin ? (
          <Suspense>
            <SignIn />
          </Suspense>
        ) : (
          <Suspense>
            <Outlet />
          </Suspense>
        )}
      </main>
      <Suspense>
        {overlay === "palette" ? <Palette close={close} /> : null}
        {overlay === "keys" ? <KeySheet close={close} /> : null}
      </Suspense>
    </>
  );
}
