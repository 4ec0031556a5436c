import type { IconName } from "../parts/icon.tsx";

export interface PageLink {
  readonly to: string;
  readonly label: string;
  readonly icon: IconName;
  /** The letter after `g` that leads there. */
  readonly letter: string;
  readonly group: "State" | "Data" | "Work";
  /** Shown in the bar of small screens. */
  readonly small: boolean;
}

/** The navigation, in order. */
export const PAGES: readonly PageLink[] = [
  { to: "/cluster", label: "Cluster", icon: "cluster", letter: "c", group: "State", small: true },
  { to: "/watch", label: "Watch", icon: "watch", letter: "w", group: "State", small: true },
  {
    to: "/space",
    label: "Space and heat",
    icon: "space",
    letter: "s",
    group: "State",
    small: false,
  },
  { to: "/keys", label: "Keys", icon: "keys", letter: "k", group: "Data", small: true },
  { to: "/history", label: "History", icon: "history", letter: "h", group: "Data", small: true },
  { to: "/leases", label: "Leases", icon: "leases", letter: "l", group: "Data", small: false },
  { to: "/locks", label: "Locks", icon: "lock", letter: "o", group: "Data", small: false },
  { to: "/jobs", label: "Jobs", icon: "jobs", letter: "j", group: "Work", small: false },
  {
    to: "/maintenance",
    label: "Maintenance",
    icon: "maintenance",
    letter: "m",
    group: "Work",
    small: true,
  },
  {
    to: "/access",
    label: "Users and roles",
    icon: "users",
    letter: "u",
    group: "Work",
    small: false,
  },
  { to: "/audit", label: "Audit", icon: "audit", letter: "a", group: "Work", small: false },
];
