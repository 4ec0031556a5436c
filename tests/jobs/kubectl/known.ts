/** Commands whose output differs on purpose. */
interface Known {
  readonly scenario: string;
  /** Part of the command. */
  readonly command: string;
  readonly why: string;
}

const KNOWN: readonly Known[] = [];

export function knownReason(scenario: string, command: string): string | undefined {
  return KNOWN.find((known) => known.scenario === scenario && command.includes(known.command))?.why;
}
