import { EtcdError } from "@nodetcd/client";
import { AlarmAction, METHODS } from "@nodetcd/messages";
import type { Command } from "../../command-line/command.ts";
import { EXIT, ExitError } from "../../command-line/exit.ts";
import { intFlag } from "../../command-line/flag.ts";
import type { CtlCall } from "../call.ts";
import { CLUSTER, endpointsOf } from "../cluster-endpoints.ts";
import { errorText } from "../error-text.ts";
import { toNumber } from "../numbers.ts";
import type { EndpointHealth, EndpointReply } from "../output/replies.ts";
import { ALARM_NAMES } from "../output/values.ts";
import { type Session, took } from "../session.ts";

const REVISION = intFlag("rev", "maximum revision to hash (default: latest revision)");

const health: Command<CtlCall> = {
  use: "health",
  short: "Checks the healthiness of endpoints specified in `--endpoints` flag",
  run: async ({ flags, connect }) => {
    const session = await connect();
    const endpoints = await endpointsOf(session, flags);
    const all = await Promise.all(endpoints.map((endpoint) => askHealth(session, endpoint)));
    session.show("endpointHealth", all);
    const isBad = all.some(({ error }) => error !== "");
    if (session.isSimple) {
      for (const { endpoint, error } of all) {
        if (error === "") continue;
        session.complain(`${endpoint} is unhealthy: failed to commit proposal: ${error}`);
      }
    }
    if (isBad) throw new ExitError(EXIT.error, "unhealthy cluster");
  },
};

async function askHealth(session: Session, endpoint: string): Promise<EndpointHealth> {
  const one = session.at(endpoint);
  const startedAt = performance.now();
  const since = (): string => took(startedAt, performance.now());
  try {
    try {
      await one.call(METHODS.KV.Range, { key: Buffer.from("health") });
    } catch (error) {
      // Who may not read the key has been told so after a round through the cluster.
      if (!(error instanceof EtcdError && error.code === "PERMISSION_DENIED")) {
        return { endpoint, isHealthy: false, took: since(), error: errorText(error) };
      }
    }
    const answered = since();
    const error = await askAlarms(one);
    return { endpoint, isHealthy: error === "", took: answered, error };
  } finally {
    one.client.close();
  }
}

/** What is wrong, in a line; empty: nothing is. */
async function askAlarms(one: Session): Promise<string> {
  try {
    const { alarms } = await one.call(METHODS.Maintenance.Alarm, { action: AlarmAction.GET });
    if (alarms.length === 0) return "";
    const names = alarms.map(({ alarm }) => `${ALARM_NAMES[alarm] ?? "UNKNOWN"} `);
    return `Active Alarm(s): ${names.join("")}`;
  } catch (error) {
    if (!(error instanceof EtcdError)) throw error;
    return "Unable to fetch the alarm list";
  }
}

/** Asks one endpoint after the other. What fails is said, and the last failure is answered. */
async function askEach<Reply>(
  session: Session,
  endpoints: readonly string[],
  what: string,
  ask: (one: Session) => Promise<Reply>,
): Promise<{ replies: EndpointReply<Reply>[]; failure: EtcdError | undefined }> {
  const replies: EndpointReply<Reply>[] = [];
  let failure: EtcdError | undefined;
  for (const endpoint of endpoints) {
    const one = session.at(endpoint);
    try {
      replies.push({ endpoint, reply: await ask(one) });
    } catch (error) {
      if (!(error instanceof EtcdError)) throw error;
      failure = error;
      session.complain(`Failed to get the ${what} of endpoint ${endpoint} (${errorText(error)})`);
    } finally {
      one.client.close();
    }
  }
  return { replies, failure };
}

const status: Command<CtlCall> = {
  use: "status",
  short: "Prints out the status of endpoints specified in `--endpoints` flag",
  long: `When --write-out is set to simple, this command prints out comma-separated status lists for each endpoint.
The items in the lists are endpoint, ID, version, db size, is leader, is learner, raft term, raft index, raft applied index, errors.
`,
  run: async ({ flags, connect }) => {
    const session = await connect();
    const endpoints = await endpointsOf(session, flags);
    const { replies, failure } = await askEach(session, endpoints, "status", (one) =>
      one.call(METHODS.Maintenance.Status, {}),
    );
    session.show("endpointStatus", replies);
    if (failure !== undefined) throw new ExitError(EXIT.error);
  },
};

const hashKv: Command<CtlCall> = {
  use: "hashkv",
  short: "Prints the KV history hash for each endpoint in --endpoints",
  flags: [REVISION],
  run: async ({ flags, connect }) => {
    const session = await connect();
    const endpoints = await endpointsOf(session, flags);
    const revision = toNumber(flags.get(REVISION));
    const { replies, failure } = await askEach(session, endpoints, "hash", (one) =>
      one.call(METHODS.Maintenance.HashKV, { revision }),
    );
    session.show("endpointHashKv", replies);
    if (failure !== undefined) throw new ExitError(EXIT.error, errorText(failure));
  },
};

export const endpoint: Command<CtlCall> = {
  use: "endpoint <subcommand>",
  short: "Endpoint related commands. Use `nodetcd ctl endpoint --help` to see subcommands",
  long: "Endpoint related commands",
  persistentFlags: [CLUSTER],
  subcommands: [health, status, hashKv],
};
