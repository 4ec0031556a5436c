import { GATE_EFFECTS } from "../packages/cli/src/flags/feature-gates.ts";
import { type Flag, GROUPS, type Standing } from "../packages/cli/src/flags/flag.ts";
import { FLAGS } from "../packages/cli/src/flags/table.ts";
import { table } from "./reference-docs.ts";

function standing(value: Standing): string {
  return value === "works" ? value : `${value.is}: ${value.because}`;
}

/** What a flag is for; where it does nothing, the column of its standing says why. */
function purpose({ help, standing: value }: Flag): string {
  if (value === "works") return help;
  return help.startsWith("Not built yet") ? "" : help.slice(0, help.indexOf(" Without effect: "));
}

/** Every flag of the server, and what it does here. */
export function flagsPage(): string {
  const sections = GROUPS.map((group) => {
    const rows = FLAGS[group].map((each) => [
      `\`--${each.name}\``,
      each.defaultText ? `\`${each.defaultText}\`` : "",
      standing(each.standing),
      purpose(each),
    ]);
    return `## ${group}\n\n${table(["flag", "default", "here", "what for"], rows)}\n`;
  });
  const gates = Object.entries(GATE_EFFECTS).map(([name, effect]) => [`\`${name}\``, effect]);
  return `# Flags

Every flag of \`etcd --help\` 3.7.1 and of nodetcd, by etcd's groups; a test compares names and defaults with the real
\`--help\`. Variables (\`ETCD_NAME\`) and keys of \`--config-file\` are the same. A flag "without effect" is warned about
when it asks for something. This page is written by \`npm run docs\`.

${sections.join("\n")}
## Feature gates

${table(["gate", "here"], gates)}
`;
}
