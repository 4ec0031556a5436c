/** The public list of `@nodetcd/console`. `startConsole` in `@nodetcd/console/node` opens a port. */
export { App, type AppParts, type AppSettings } from "./app.ts";
export { answer } from "./answer.ts";
export { ConsoleError, type ConsoleErrorCode } from "./errors.ts";
export type { ApiReply, ApiRequest, StreamEvent } from "./http/exchange.ts";
export type { Sample } from "./samples/sample.ts";
