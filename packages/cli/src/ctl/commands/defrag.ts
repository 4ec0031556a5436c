import { EtcdError } from "@nodetcd/client";
import { METHODS } from "@nodetcd/messages";
import type { Command } from "../../command-line/command.ts";
import { EXIT, ExitError } from "../../command-line/exit.ts";
import type { CtlCall } from "../call.ts";
import { CLUSTER, endpointsOf } from "../cluster-endpoints.ts";
import { errorText } from "../error-text.ts";
import { took } from "../session.ts";

export const defrag: Command<CtlCall> = {
  use: "defrag",
  short: "Defragments the storage of the etcd members with given endpoints",
  persistentFlags: [CLUSTER],
  run: async ({ flags, connect }) => {
    const session = await connect();
    let failures = 0;
    for (const endpoint of await endpointsOf(session, flags)) {
      const one = session.at(endpoint);
      const startedAt = performance.now();
      const since = (): string => took(startedAt, performance.now());
      try {
        await one.call(METHODS.Maintenance.Defragment, {});
        session.say(`Finished defragmenting etcd member[${endpoint}]. took ${since()}`);
      } catch (error) {
        if (!(error instanceof EtcdError)) throw error;
        failures++;
        session.complain(
          `Failed to defragment etcd member[${endpoint}]. took ${since()}. (${errorText(error)})`,
        );
      } finally {
        one.client.close();
      }
    }
    if (failures > 0) throw new ExitError(EXIT.error);
  },
};
