import { useNavigate } from "@tanstack/react-router";
import { useEffect } from "react";
import { PAGES } from "./pages.ts";
import type { Overlay } from "./shell.tsx";
import { nextDensity, nextTheme } from "./theme.ts";

/** How long a `g` waits for its letter, in milliseconds. */
const CHORD_MS = 900;

/** Shortcuts of the sheet: keys and what they do. Those of a page are handled by the page. */
export const SHORTCUTS: readonly (readonly [string, string])[] = [
  ["Ctrl K", "palette"],
  ["?", "this sheet"],
  ["/", "search in the page"],
  ["↑ ↓", "next, previous row"],
  ["Enter", "open the row"],
  ["Esc", "close"],
  ["e", "edit the key"],
  ["Ctrl Enter", "write"],
  ["[ ]", "older, newer version"],
  ["t", "travel to a revision"],
  ["n", "back to now"],
  ["Space", "pause the tail"],
  ["d", "density"],
  ["Shift L", "theme"],
];

const SINGLE_KEYS = "single-keys";

/** Single letters can be turned off: speech input types them by accident (WCAG 2.1.4). */
export function singleKeysAreOn(): boolean {
  try {
    return localStorage.getItem(SINGLE_KEYS) !== "off";
  } catch {
    return true;
  }
}

export function setSingleKeys(on: boolean): void {
  try {
    localStorage.setItem(SINGLE_KEYS, on ? "on" : "off");
  } catch {
    // A private window: they stay on.
  }
}

/** True where letters are text. */
function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || target.closest("input, textarea, select, dialog") !== null)
  );
}

/** True when a plain letter may act; pages ask it, too. */
export function isPlainKey(event: KeyboardEvent): boolean {
  const modified = event.ctrlKey || event.metaKey || event.altKey;
  return !modified && !event.defaultPrevented && !isTyping(event.target) && singleKeysAreOn();
}

export function useShortcuts(open: (overlay: Overlay) => void): void {
  const navigate = useNavigate();
  useEffect(() => {
    let chordUntil = 0;
    const onKey = (event: KeyboardEvent): void => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
        event.preventDefault();
        return open("palette");
      }
      if (!isPlainKey(event)) return;
      const inChord = event.timeStamp < chordUntil;
      chordUntil = event.key === "g" ? event.timeStamp + CHORD_MS : 0;
      const page = inChord ? PAGES.find(({ letter }) => letter === event.key) : undefined;
      if (page !== undefined)
        void navigate({ to: page.to, search: (before) => ({ at: before.at }) });
      else if (event.key === "?") open("keys");
      else if (event.key === "L") nextTheme();
      else if (event.key === "d") nextDensity();
      else if (event.key === "n") {
        void navigate({ to: ".", search: (before) => ({ ...before, at: undefined }) });
      } else if (event.key === "t") document.querySelector<HTMLElement>("[data-travel]")?.click();
      else if (event.key === "/") {
        const field = document.querySelector<HTMLElement>("[data-search]");
        if (field === null) return;
        field.focus();
        event.preventDefault();
      }
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [navigate, open]);
}
