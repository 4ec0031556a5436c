import { FEATURE_STAGES, isFeatureEnabled } from "@nodetcd/server";
import type { FeatureGate } from "@nodetcd/server";
import { GATE_EFFECTS } from "../flags/feature-gates.ts";
import type { NamedCommand } from "../flags/help.ts";
import { wrap } from "../wrap.ts";

const WIDTH = 96;

/** Something to know that belongs to no single command. */
export interface Topic extends NamedCommand {
  readonly text: () => string;
}

function gatesText(): string {
  const gates = Object.entries(FEATURE_STAGES) as [FeatureGate, string][];
  const entries = gates.map(([name, stage]) => {
    const byDefault = isFeatureEnabled({}, name);
    return `  ${name} (${stage}, ${byDefault})\n${wrap(GATE_EFFECTS[name], WIDTH, 4)}`;
  });
  return `--feature-gates=Name=true,Other=false; in parentheses stage and default.\n\n${entries.join("\n")}\n`;
}

export const TOPICS: readonly Topic[] = [
  {
    name: "environment",
    summary: "Variables that stand for flags, and others that are read.",
    text: () => `ETCD_NAME stands for --name, ETCD_LISTEN_CLIENT_URLS for --listen-client-urls, and so on for every
flag of the server. A flag and its variable together are an error, as in etcd 3.7.
ETCDCTL_ENDPOINTS stands for --endpoints of nodetcd ctl, and so on; there the flag is taken.

  NOTIFY_SOCKET            systemd is told when the member serves
  NODE_OPTIONS             options of Node itself, such as --max-old-space-size=4096
  NODE_COMPILE_CACHE       where Node 22 and later keep compiled code
`,
  },
  {
    name: "config-file",
    summary: "A member's settings in a file instead of flags.",
    text: () => `nodetcd --config-file FILE, or ETCD_CONFIG_FILE. YAML or JSON; keys are the names of flags. With a
file all other flags and variables are ignored, as in etcd. Durations are whole nanoseconds.

  name: one
  data-dir: /var/lib/nodetcd
  listen-client-urls: http://127.0.0.1:2379
  advertise-client-urls: http://127.0.0.1:2379
  auto-compaction-retention: "1h"
  watch-progress-notify-interval: 600000000000
  client-transport-security:
    cert-file: /etc/nodetcd/server.crt
    key-file: /etc/nodetcd/server.key
    trusted-ca-file: /etc/nodetcd/ca.crt
    client-cert-auth: true
`,
  },
  {
    name: "data",
    summary: "Where the data is, how to look into it, and how to keep it.",
    text: () => `All of a member is in --data-dir (default: NAME.etcd in the folder where it was started), in etcd's form:

  member/snap/db           the keys with their history: a bbolt file
  member/wal/*.wal         what was acknowledged since
  member/snap/*.snap       who belongs to the cluster, and how far the log is

  nodetcd utl inspect DIR                                          what is in it, what a start would do
  nodetcd utl verify DIR                                           every check there is, read-only
  nodetcd ctl snapshot save FILE                                   a backup, while the member serves
  nodetcd utl snapshot restore FILE --data-dir DIR                 a new folder from it
`,
  },
  {
    name: "feature-gates",
    summary: "The gates of --feature-gates and what they do.",
    text: gatesText,
  },
  {
    name: "exit-codes",
    summary: "What the exit status says.",
    text: () => `nodetcd server
  0    stopped by a signal, or --help and --version
  1    did not start, or storage failed
  2    a flag, variable or file that is not understood

nodetcd ctl, nodetcd utl
  0    done
  1    failed
  2    no connection, or the login was refused
  3    the input of txn or watch is not understood
  4    a value that is not supported
  5    interrupted, or cancelled by the server
  128  bad arguments
`,
  },
];
