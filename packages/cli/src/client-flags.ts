/** What the command lines of the long-running programs that are clients of a cluster have in common. */
import { readFileSync } from "node:fs";
import { parseArgs, type ParseArgsConfig } from "node:util";
import { CliError } from "./errors.ts";
import { suggest } from "./flags/suggest.ts";

/** Which cluster, as whom, and by which certificates. */
export const CLIENT_FLAGS = {
  endpoints: { type: "string", default: "http://127.0.0.1:2379" },
  user: { type: "string", default: "" },
  cacert: { type: "string", default: "" },
  cert: { type: "string", default: "" },
  key: { type: "string", default: "" },
} as const;

type FlagTable = NonNullable<ParseArgsConfig["options"]>;
export type Parsed<Flags extends FlagTable> = ReturnType<
  typeof parseArgs<{ args: string[]; options: Flags }>
>["values"];

/** Options of a client. */
export interface ClientAccess {
  readonly endpoints: string[];
  readonly credentials?: { readonly name: string; readonly password: string };
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string };
}

type ClientValues = { readonly [Name in keyof typeof CLIENT_FLAGS]: string };

/** The command line of one program: `nodetcd <command> [flags]`. */
export class CommandLine {
  readonly #command: string;

  constructor(command: string) {
    this.#command = command;
  }

  /** Raises `USAGE` for what is no flag, with the one that is meant. */
  parse<const Flags extends FlagTable>(args: readonly string[], flags: Flags): Parsed<Flags> {
    try {
      return parseArgs({ args: [...args], options: flags }).values;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      const unknown = /^Unknown option '-+([^'=]*)/.exec(message)?.[1];
      const near = unknown === undefined ? undefined : suggest(unknown, Object.keys(flags));
      const hint = near === undefined ? "" : `Did you mean --${near}? `;
      throw this.usage(message.split(". ")[0]!, hint);
    }
  }

  usage(message: string, hint = ""): CliError {
    return new CliError(
      "USAGE",
      message,
      `${hint}Run 'nodetcd ${this.#command} --help' for all flags.`,
    );
  }

  /**
   * What `CLIENT_FLAGS` say, as options of a client. `NODETCD_<COMMAND>_USER` stands in for `--user`, since other users of
   * the machine see command lines.
   */
  clientOptions(values: ClientValues): ClientAccess {
    const variable = `NODETCD_${this.#command.toUpperCase()}_USER`;
    const user = values.user === "" ? (process.env[variable] ?? "") : values.user;
    const [name = "", ...rest] = user.split(":");
    if (user !== "" && rest.length === 0) throw this.usage("--user must be name:password");
    const credentials = user === "" ? {} : { credentials: { name, password: rest.join(":") } };
    return { endpoints: listOf(values.endpoints), ...credentials, ...this.#tls(values) };
  }

  #tls({ cacert, cert, key }: ClientValues): Pick<ClientAccess, "tls"> {
    if ((cert === "") !== (key === "")) throw this.usage("--cert and --key go together");
    if (cacert === "" && cert === "") return {};
    const ca = cacert === "" ? {} : { ca: this.readPem("cacert", cacert) };
    const own =
      cert === "" ? {} : { cert: this.readPem("cert", cert), key: this.readPem("key", key) };
    return { tls: { ...ca, ...own } };
  }

  readPem(flag: string, path: string): string {
    try {
      return readFileSync(path, "utf8");
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw this.usage(`--${flag} cannot be read: ${reason}`);
    }
  }
}

/** The parts of a comma-separated list that are not empty. */
export function listOf(text: string): string[] {
  return text.split(",").filter((one) => one !== "");
}
