/**
 * - `JSON_INCOMPLETE`: the text ends inside a value.
 * - `JSON_SYNTAX`: the text is not JSON, or is nested too deeply.
 * - `JSON_VALUE`: the text is JSON, but does not fit the message: wrong type, twice the same field.
 * - `JSON_TOO_LARGE`: a value is longer than its reader allows.
 */
export type JsonErrorCode = "JSON_INCOMPLETE" | "JSON_SYNTAX" | "JSON_VALUE" | "JSON_TOO_LARGE";

/** Text that is not the JSON form of a message. The message is the text that etcd answers with. */
export class JsonError extends Error {
  override readonly name = "JsonError";
  readonly code: JsonErrorCode;

  constructor(code: JsonErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
