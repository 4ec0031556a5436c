import type { LogFields, Logger } from "@nodetcd/runtime";

/** Keeps lines for a test to look at. */
export function recordingLogger(): Logger & { readonly lines: [string, LogFields][] } {
  const lines: [string, LogFields][] = [];
  const keep = (message: string, fields: LogFields = {}): void =>
    void lines.push([message, fields]);
  return { lines, debug: keep, info: keep, warn: keep, error: keep };
}

/** The code of what `work` raises. */
export function codeOf(work: () => unknown): string | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    return (error as { code?: string }).code;
  }
}
