import { EXIT, ExitError } from "../../command-line/exit.ts";
import { isPrintable, quote } from "../../quote.ts";
import type { Session } from "../session.ts";

/** A line of output: its text for people, or what it says as an object with bytes and ids in it. */
export interface Line {
  readonly text: () => string;
  readonly json: () => Readonly<Record<string, unknown>>;
}

/** Prints the results of commands that etcdctl does not have: one line each, as text or, with `-w json`, as JSON. */
export class Lines {
  readonly #session: Session;
  readonly #isJson: boolean;

  /** Raises `ExitError` for other forms. */
  constructor(session: Session) {
    const { formName } = session.settings;
    if (formName !== "simple" && formName !== "json") {
      throw new ExitError(EXIT.badFeature, `${formName} not supported as output format`);
    }
    this.#session = session;
    this.#isJson = formName === "json";
  }

  print({ text, json }: Line): void {
    this.#session.say(this.#isJson ? JSON.stringify(json(), jsonValue) : text());
  }

  /** Text only: what a program that reads JSON gets from the lines themselves. */
  note(text: string): void {
    if (!this.#isJson) this.#session.say(text);
  }

  /** Bytes as they are when people can read them, else quoted; in hexadecimal with `--hex`. */
  bytes(bytes: Uint8Array): string {
    if (this.#session.settings.hex) return Buffer.from(bytes).toString("hex");
    return isPrintable(bytes) && bytes.length > 0 ? Buffer.from(bytes).toString() : quote(bytes);
  }
}

/** Called with the object around the value as `this`: the value itself was a Buffer, and is none any more. */
function jsonValue(this: Readonly<Record<string, unknown>>, name: string): unknown {
  const value = this[name];
  if (typeof value === "bigint") return value.toString(16);
  return value instanceof Uint8Array ? Buffer.from(value).toString("base64") : value;
}
