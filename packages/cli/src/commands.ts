import { hasTooFewDescriptors } from "./descriptors.ts";
import type { NamedCommand } from "./flags/help.ts";

/** A subcommand. Its module is loaded when it is called, so that others do not pay for it. */
export interface Command extends NamedCommand {
  /** Gives the function that runs it: arguments after the name in, exit code out. */
  readonly load: () => Promise<(args: readonly string[]) => Promise<number> | number>;
}

/** The subcommands of `nodetcd`: a new one is a file in `commands/` and a row here. */
export const COMMANDS: readonly Command[] = [
  {
    name: "server",
    summary: "Start a member (the default: 'nodetcd --name x' is 'nodetcd server --name x').",
    load: async () => {
      if (hasTooFewDescriptors()) return () => 1;
      const { server } = await import("./commands/server.ts");
      return (args) => server(args, COMMANDS);
    },
  },
  {
    name: "try",
    summary: "Start a member for a first look: a put, a watch, a lease, and where the data is.",
    load: async () => (await import("./commands/try.ts")).tryOut,
  },
  {
    name: "ctl",
    summary: "Read, write, watch and operate any etcd: the command line of etcdctl.",
    load: async () => (await import("./ctl/ctl.ts")).ctl,
  },
  {
    name: "utl",
    summary:
      "Restore, check and look into data directories and snapshots: the command line of etcdutl.",
    load: async () => (await import("./utl/utl.ts")).utl,
  },
  {
    name: "bolt",
    summary: "Inspect, check, compact and mend bbolt files: the command line of bbolt.",
    load: async () => (await import("./bolt/bolt.ts")).bolt,
  },
  {
    name: "gateway",
    summary: "One address for a cluster: a TCP proxy that leaves out members that are down.",
    load: async () => (await import("./gateway/gateway.ts")).gateway,
  },
  {
    name: "compactor",
    summary: "Compact a cluster's history every few minutes, as Kubernetes' API servers do.",
    load: async () => (await import("./commands/compactor.ts")).compactor,
  },
  {
    name: "jobs",
    summary: "Jobs and CronJobs that kubectl drives, on this machine or on any etcd.",
    load: async () => (await import("./commands/jobs.ts")).jobs,
  },
  {
    name: "certs",
    summary: "Make, renew and revoke certificates, and print the flags that use them.",
    load: async () => (await import("./certs/certs.ts")).certs,
  },
  {
    name: "console",
    summary: "Serve pages to look into a cluster and to mend it.",
    load: async () => (await import("./commands/console.ts")).consoleCommand,
  },
  {
    name: "version",
    summary: "Show the version.",
    load: async () => (await import("./commands/version.ts")).version,
  },
  {
    name: "help",
    summary: "Explain a command or a topic: nodetcd help TOPIC.",
    load: async () => {
      const { help } = await import("./commands/help.ts");
      return (args) => help(args, COMMANDS);
    },
  },
];
