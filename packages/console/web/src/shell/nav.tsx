import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { usePulse, useSession } from "../data/queries.ts";
import { Icon } from "../parts/icon.tsx";
import { PAGES, type PageLink } from "./pages.ts";

const GROUPS = ["State", "Data", "Work"] as const;

const short = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });

export function Nav(): ReactNode {
  const { data: session } = useSession();
  return (
    <nav className="nav" aria-label="Pages">
      <Link className="brand" to="/cluster" aria-label="nodetcd console">
        <svg viewBox="0 0 20 20" aria-hidden="true">
          <g stroke="currentColor" strokeWidth="3" fill="none">
            <path d="M2 4.5h16M2 10h16M2 15.5h9" />
          </g>
          <path
            d="M14.5 13.8h3.5v3.4h-3.5z"
            fill="none"
            stroke="currentColor"
            strokeWidth="1.2"
            strokeDasharray="1.5 1"
          />
        </svg>
        <span className="tx">nodetcd</span>
      </Link>
      {GROUPS.filter((group) => PAGES.some((page) => page.group === group)).map((group) => (
        <div className="gr" key={group}>
          <h3>{group}</h3>
          {PAGES.filter((page) => page.group === group).map((page) => (
            <NavLink key={page.to} page={page} />
          ))}
        </div>
      ))}
      <div className="foot">
        {session?.user !== undefined
          ? `Signed in as ${session.user}`
          : session?.hasUsers === true
            ? "Not signed in"
            : "etcd has no users"}
        <br />
        nodetcd console {session?.version}
      </div>
    </nav>
  );
}

function NavLink({ page }: { readonly page: PageLink }): ReactNode {
  const { data: pulse } = usePulse();
  const badge = badgeOf(page.to, pulse);
  return (
    <Link
      to={page.to}
      className={page.small ? "n" : "n opt"}
      title={page.label}
      search={(before) => ({ at: before.at })}
    >
      <Icon name={page.icon} />
      <span className="tx">{page.label}</span>
      {badge === undefined ? null : (
        <span className={`b ${badge.className}`}>
          {badge.text}
          <span className="vh"> {badge.meaning}</span>
        </span>
      )}
    </Link>
  );
}

interface Badge {
  readonly text: string;
  readonly className: string;
  readonly meaning: string;
}

/** A badge is a count, and coloured only when it wants somebody. */
function badgeOf(to: string, pulse: ReturnType<typeof usePulse>["data"]): Badge | undefined {
  if (pulse === undefined) return undefined;
  if (to === "/cluster" && pulse.worst !== "fine") {
    const act = pulse.worst === "act";
    return {
      text: String(pulse.worstCount),
      className: act ? "a" : "w",
      meaning: act ? "to act on" : "to look at",
    };
  }
  const { keys } = pulse.counts;
  if (to === "/keys" && keys !== undefined) {
    return { text: short.format(keys), className: "", meaning: "keys" };
  }
  return undefined;
}
