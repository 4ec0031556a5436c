export { COMMANDS, type Command } from "./commands.ts";
export { run } from "./run.ts";
export { jobs } from "./commands/jobs.ts";
export type { JobsTiming } from "./jobs/serve.ts";
