import { type Command, nameOf } from "../command-line/command.ts";
import type { AnyFlag } from "../command-line/flag.ts";

/** A place on the command line: the words so far, and what may come next. */
interface Place {
  /** Names of commands, from below the root: `endpoint status`. */
  readonly path: string;
  readonly commands: readonly (readonly [name: string, about: string])[];
  readonly flags: readonly AnyFlag[];
}

function places<Call>(root: Command<Call>): Place[] {
  const found: Place[] = [];
  const visit = (command: Command<Call>, path: string, above: readonly AnyFlag[]): void => {
    const inherited = [...above, ...(command.persistentFlags ?? [])];
    const { subcommands = [] } = command;
    found.push({
      path,
      commands: subcommands.map((sub) => [nameOf(sub), sub.short.split(". ")[0]!] as const),
      flags: [...(command.flags ?? []), ...inherited],
    });
    for (const sub of subcommands) visit(sub, `${path} ${nameOf(sub)}`.trim(), inherited);
  };
  visit(root, "", []);
  return found;
}

function choices<Call>(root: Command<Call>): [flag: string, words: string][] {
  const all = new Map<string, string>();
  for (const { flags } of places(root)) {
    for (const { name, choices: words } of flags) {
      if (words !== undefined) all.set(`--${name}`, words.join(" "));
    }
  }
  return [...all, ["-w", all.get("--write-out") ?? ""]];
}

function shellWords({ commands, flags }: Place): string {
  return [...commands.map(([name]) => name), ...flags.map(({ name }) => `--${name}`)].join(" ");
}

/** The body that bash and zsh (through bashcompinit) share. */
function function_<Call>(root: Command<Call>): string {
  const cases = places(root).map(
    (place) => `    "${place.path}") words="${shellWords(place)}" ;;\n`,
  );
  const values = choices(root).map(([flag, words]) => `    ${flag}) words="${words}" ;;\n`);
  return `_nodetcd_ctl() {
  local current previous word path words i
  current="\${COMP_WORDS[COMP_CWORD]}"
  previous="\${COMP_WORDS[COMP_CWORD-1]}"
  path=""
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    case "$word" in
      ctl | -*) ;;
      *) path="\${path:+$path }$word" ;;
    esac
  done
  words=""
  case "$previous" in
${values.join("")}  esac
  if [ -z "$words" ]; then
    while :; do
      case "$path" in
${cases.join("").replaceAll('    "', '        "')}      esac
      [ -n "$words" ] || [ -z "$path" ] && break
      case "$path" in *" "*) path="\${path% *}" ;; *) path="" ;; esac
    done
  fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
`;
}

export function bashScript<Call>(root: Command<Call>): string {
  return `# bash completion for ${root.use}\n${function_(root)}complete -o default -F _nodetcd_ctl nodetcd\n`;
}

export function zshScript<Call>(root: Command<Call>): string {
  return `#compdef nodetcd\n# zsh completion for ${root.use}\nautoload -U +X bashcompinit && bashcompinit\n${function_(root)}complete -o default -F _nodetcd_ctl nodetcd\n`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "\\'")}'`;
}

export function fishScript<Call>(root: Command<Call>): string {
  const lines = [`# fish completion for ${root.use}`];
  for (const { path, commands, flags } of places(root)) {
    const seen = path.split(" ").filter((name) => name !== "");
    const parts = ["ctl", ...seen].map((name) => `__fish_seen_subcommand_from ${name}`);
    const none = commands.map(([name]) => name).join(" ");
    const condition = quoted(
      `${parts.join("; and ")}${none === "" ? "" : `; and not __fish_seen_subcommand_from ${none}`}`,
    );
    for (const [name, about] of commands) {
      lines.push(`complete -c nodetcd -f -n ${condition} -a ${name} -d ${quoted(about)}`);
    }
    const own = path === "" ? quoted(parts[0]!) : quoted(parts.join("; and "));
    const globals = new Set(path === "" ? [] : root.persistentFlags);
    for (const flag of flags) {
      if (globals.has(flag)) continue;
      const value =
        flag.choices === undefined
          ? flag.type === ""
            ? ""
            : " -r"
          : ` -x -a ${quoted(flag.choices.join(" "))}`;
      const short = flag.shorthand === undefined ? "" : ` -s ${flag.shorthand}`;
      lines.push(
        `complete -c nodetcd -n ${own} -l ${flag.name}${short}${value} -d ${quoted(flag.help)}`,
      );
    }
  }
  return `${lines.join("\n")}\n`;
}

export function powershellScript<Call>(root: Command<Call>): string {
  const rows = places(root).map((place) => `    '${place.path}' = '${shellWords(place)}'\n`);
  return `# PowerShell completion for ${root.use}
Register-ArgumentCompleter -Native -CommandName nodetcd -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $places = @{
${rows.join("")}  }
  $names = @($commandAst.CommandElements | Select-Object -Skip 1 | ForEach-Object { "$_" } |
    Where-Object { $_ -ne 'ctl' -and -not $_.StartsWith('-') -and $_ -ne $wordToComplete })
  for ($count = $names.Count; $count -ge 0; $count--) {
    $path = ($names | Select-Object -First $count) -join ' '
    if ($places.ContainsKey($path)) {
      $places[$path].Split(' ') | Where-Object { $_.StartsWith($wordToComplete) }
      break
    }
  }
}
`;
}
