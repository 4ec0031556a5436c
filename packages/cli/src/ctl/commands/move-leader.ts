import { METHODS } from "@nodetcd/messages";
import type { Command } from "../../command-line/command.ts";
import { badArguments } from "../../command-line/exit.ts";
import { parseGoInteger } from "../../command-line/go-integer.ts";
import type { CtlCall } from "../call.ts";
import { errorWords } from "../numbers.ts";
import type { Session } from "../session.ts";

export const moveLeader: Command<CtlCall> = {
  use: "move-leader <transferee-member-id>",
  short: "Transfers leadership to another etcd cluster member.",
  run: async ({ args, connect }) => {
    const [text] = args;
    if (text === undefined || args.length > 1) {
      throw badArguments("move-leader command needs 1 argument");
    }
    const targetId = readTarget(text);
    const session = await connect();
    const { one, leader } = await findLeader(session);
    try {
      const reply = await one.send(METHODS.Maintenance.MoveLeader, { targetId });
      one.show("moveLeader", reply, { leader, id: targetId });
    } finally {
      one.client.close();
    }
  },
};

function readTarget(text: string): bigint {
  try {
    return parseGoInteger(text, 16, "unsigned");
  } catch (error) {
    throw badArguments(errorWords(error));
  }
}

/** A session with the endpoint that leads. */
async function findLeader(session: Session): Promise<{ one: Session; leader: bigint }> {
  const { endpoints } = session.settings;
  for (const endpoint of endpoints) {
    const one = session.at(endpoint);
    const { header, leader } = await one.send(METHODS.Maintenance.Status, {});
    if (header?.memberId === leader) return { one, leader };
    one.client.close();
  }
  throw badArguments(`no leader endpoint given at [${endpoints.join(" ")}]`);
}
