import type { SessionView } from "@nodetcd/console/contract";
import { useMutation } from "@tanstack/react-query";
import { type ReactNode, useEffect, useState } from "react";
import { post } from "../data/api.ts";
import { takeSession, usePulse, useSession } from "../data/queries.ts";
import { Icon } from "../parts/icon.tsx";
import { useNow } from "../parts/use-now.ts";
import { durationText, fullTimeText } from "../parts/words.ts";
import type { Overlay } from "./shell.tsx";
import { currentTheme, nextTheme } from "./theme.ts";
import { UnlockDialog } from "./unlock.tsx";

export function Header({ open }: { readonly open: (overlay: Overlay) => void }): ReactNode {
  const { data: session } = useSession();
  const { data: pulse } = usePulse();
  const worst = pulse?.worst ?? "fine";
  const words = { act: "Act now", look: "Look today", fine: "Well" };
  return (
    <header className="top">
      <span className={`cluster ${worst}`}>
        {pulse === undefined ? null : <Icon name={worst} label={words[worst]} />}
        <span className="clip">{session?.cluster}</span>
      </span>
      <span className="hide-s small faint nowrap">
        {pulse === undefined
          ? ""
          : `${pulse.members} ${pulse.members === 1 ? "member" : "members"}`}
      </span>
      {session === undefined ? null : <WriteChip session={session} />}
      <button className="find" onClick={() => open("palette")}>
        <span className="vh">Command palette: </span>
        <Icon name="search" />
        <span className="clip">Go, find, do</span>
        <kbd>Ctrl K</kbd>
      </button>
      <Age />
      <ThemeButton />
      <button className="btn bare ic hide-s" aria-label="Shortcuts" onClick={() => open("keys")}>
        ?
      </button>
      {session?.user === undefined ? null : <SignOut />}
    </header>
  );
}

function SignOut(): ReactNode {
  const logout = useMutation({
    mutationFn: () => post<SessionView>("logout"),
    onSuccess: takeSession,
  });
  return (
    <button className="btn bare" onClick={() => logout.mutate()}>
      Sign out
    </button>
  );
}

/** How old the figures are. It counts up when nothing comes. */
function Age(): ReactNode {
  const { data: pulse } = usePulse();
  const now = useNow(1_000);
  const age = pulse === undefined ? undefined : Math.max(0, now - pulse.at);
  const late = age !== undefined && (age > 30_000 || pulse?.trouble !== undefined);
  return (
    <span
      className={late ? "fresh late-data" : "fresh"}
      title={pulse === undefined ? undefined : `Last answer ${fullTimeText(pulse.at)}`}
    >
      <span className={late ? "pulse off" : "pulse"} />
      <span className="hide-s">{late ? "Stale" : "Live"}</span>
      {age === undefined ? "" : age < 10_000 ? "" : durationText(age)}
    </span>
  );
}

function ThemeButton(): ReactNode {
  const [theme, setTheme] = useState(currentTheme());
  useEffect(() => {
    const onChange = (): void => setTheme(currentTheme());
    addEventListener("themechange", onChange);
    return () => removeEventListener("themechange", onChange);
  }, []);
  return (
    <button
      className="btn bare ic"
      aria-label={`Theme: ${theme}`}
      title={`Theme: ${theme}`}
      onClick={() => nextTheme()}
    >
      <Icon name="theme" />
    </button>
  );
}

/** The lock of writing: how it stands, and how long it stays open. */
function WriteChip({ session }: { readonly session: SessionView }): ReactNode {
  const [asking, setAsking] = useState(false);
  const now = useNow(1_000);
  const lock = useMutation({ mutationFn: () => post<SessionView>("lock"), onSuccess: takeSession });
  const { writes, unlockedUntil, writesNote } = session;
  if (writes === "open" && unlockedUntil === undefined) return null;
  if (writes === "open") {
    const left = Math.max(0, (unlockedUntil ?? 0) - now);
    return (
      <button className="chip warn" title="Lock writes again" onClick={() => lock.mutate()}>
        <Icon name="pen" />
        <span className="hide-s">Writes unlocked</span> {durationText(left)}
      </button>
    );
  }
  const never = writes === "never";
  return (
    <>
      <button className="chip" title={writesNote} onClick={() => setAsking(true)}>
        <Icon name="lock" />
        <span className="hide-s">Read-only</span>
        <span className="only-s vh">Read-only</span>
      </button>
      {asking ? (
        <UnlockDialog session={session} never={never} close={() => setAsking(false)} />
      ) : null}
    </>
  );
}
