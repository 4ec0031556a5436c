import { DowngradeAction, METHODS } from "@nodetcd/messages";
import type { Command } from "../../command-line/command.ts";
import { badArguments } from "../../command-line/exit.ts";
import type { CtlCall } from "../call.ts";

function targetOf(args: readonly string[]): string {
  const [version] = args;
  if (version === undefined) throw badArguments("TARGET_VERSION not provided");
  if (args.length > 1) throw badArguments("too many arguments");
  if (version === "") throw badArguments("target version not provided");
  return version;
}

const validate: Command<CtlCall> = {
  use: "validate <TARGET_VERSION>",
  short: "Validate downgrade capability before starting downgrade",
  run: async ({ args, connect }) => {
    const request = { action: DowngradeAction.VALIDATE, version: targetOf(args) };
    const session = await connect();
    session.show("downgradeValidate", await session.send(METHODS.Maintenance.Downgrade, request));
  },
};

const enable: Command<CtlCall> = {
  use: "enable <TARGET_VERSION>",
  short: "Start a downgrade action to cluster",
  run: async ({ args, connect }) => {
    const request = { action: DowngradeAction.ENABLE, version: targetOf(args) };
    const session = await connect();
    session.show("downgradeEnable", await session.send(METHODS.Maintenance.Downgrade, request));
  },
};

const cancel: Command<CtlCall> = {
  use: "cancel",
  short: "Cancel the ongoing downgrade action to cluster",
  run: async ({ connect }) => {
    const session = await connect();
    const request = { action: DowngradeAction.CANCEL };
    session.show("downgradeCancel", await session.send(METHODS.Maintenance.Downgrade, request));
  },
};

export const downgrade: Command<CtlCall> = {
  use: "downgrade <TARGET_VERSION>",
  short: "Downgrade related commands. Use `nodetcd ctl downgrade --help` to see subcommands",
  long: "Downgrade related commands",
  subcommands: [validate, enable, cancel],
};
