const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

function keep(name: string, value: string): void {
  try {
    localStorage.setItem(name, value);
  } catch {
    // A private window: the choice lasts as long as the page.
  }
}

export function currentTheme(): Theme {
  const { theme } = document.documentElement.dataset;
  return theme === "light" || theme === "dark" ? theme : "system";
}

/** System, light, dark, and round again. */
export function nextTheme(): Theme {
  const next = THEMES[(THEMES.indexOf(currentTheme()) + 1) % THEMES.length]!;
  if (next === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = next;
  keep("theme", next);
  dispatchEvent(new Event("themechange"));
  return next;
}

export function nextDensity(): void {
  const roomy = document.documentElement.dataset["density"] !== "roomy";
  if (roomy) document.documentElement.dataset["density"] = "roomy";
  else delete document.documentElement.dataset["density"];
  keep("density", roomy ? "roomy" : "compact");
  dispatchEvent(new Event("resize"));
}
