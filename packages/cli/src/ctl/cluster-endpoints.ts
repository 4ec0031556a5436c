import { METHODS } from "@nodetcd/messages";
import { EXIT, ExitError } from "../command-line/exit.ts";
import { type Flag, type FlagValues, switchFlag } from "../command-line/flag.ts";
import { errorText } from "./error-text.ts";
import type { Session } from "./session.ts";

export const CLUSTER: Flag<boolean> = switchFlag(
  "cluster",
  "use all endpoints from the cluster member list",
);

/** The endpoints that were given, or with `--cluster` the client URLs of all members. Raises `ExitError`. */
export async function endpointsOf(session: Session, flags: FlagValues): Promise<readonly string[]> {
  if (!flags.get(CLUSTER)) return session.settings.endpoints;
  try {
    const { members } = await session.call(METHODS.Cluster.MemberList, { linearizable: true });
    return members.flatMap(({ clientUrls }) => clientUrls);
  } catch (error) {
    const text = `failed to fetch endpoints from etcd cluster member list: ${errorText(error)}`;
    throw new ExitError(EXIT.error, text);
  }
}
