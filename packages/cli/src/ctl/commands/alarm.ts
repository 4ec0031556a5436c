import { AlarmAction, AlarmResponse, METHODS } from "@nodetcd/messages";
import type { Command } from "../../command-line/command.ts";
import { badArguments } from "../../command-line/exit.ts";
import type { CtlCall } from "../call.ts";

const disarm: Command<CtlCall> = {
  use: "disarm",
  short: "Disarms all alarms",
  run: async ({ args, connect }) => {
    if (args.length > 0) throw badArguments("alarm disarm command accepts no arguments");
    const session = await connect();
    const { Alarm } = METHODS.Maintenance;
    const raised = await session.send(Alarm, { action: AlarmAction.GET });
    const lifted = AlarmResponse.create();
    for (const { memberId, alarm } of raised.alarms) {
      const request = { action: AlarmAction.DEACTIVATE, memberId, alarm };
      lifted.alarms.push(...(await session.send(Alarm, request)).alarms);
    }
    session.show("alarm", lifted);
  },
};

const list: Command<CtlCall> = {
  use: "list",
  short: "Lists all alarms",
  run: async ({ args, connect }) => {
    if (args.length > 0) throw badArguments("alarm list command accepts no arguments");
    const session = await connect();
    session.show(
      "alarm",
      await session.send(METHODS.Maintenance.Alarm, { action: AlarmAction.GET }),
    );
  },
};

export const alarm: Command<CtlCall> = {
  use: "alarm <subcommand>",
  short: "Alarm related commands. Use `nodetcd ctl alarm --help` to see subcommands",
  long: "Alarm related commands",
  subcommands: [disarm, list],
};
