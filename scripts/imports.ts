const IMPORT =
  /^\s*(?:import|export)\b[^"';]*?\bfrom\s*"([^"]+)"|\bimport\(\s*"([^"]+)"\s*\)|^\s*import\s+"([^"]+)"/gm;

/** The source with comments blanked out; line numbers stay. */
export function stripComments(text: string): string {
  return text
    .replace(/\/\*[\s\S]*?\*\//g, (c) => c.replace(/[^\n]/g, " "))
    .replace(/\/\/[^\n]*/g, "");
}

/** What a source file imports or exports from elsewhere, types included, in order. */
export function importsOf(source: string): string[] {
  return [...stripComments(source).matchAll(IMPORT)].map(
    (match) => (match[1] ?? match[2] ?? match[3])!,
  );
}
