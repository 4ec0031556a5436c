export { COMMANDS, type Command } from "./commands.ts";
export { run } from "./run.ts";
