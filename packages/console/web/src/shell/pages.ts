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
  { to: "/keys", label: "Keys", icon: "keys", letter: "k", group: "Data", small: true },
];
