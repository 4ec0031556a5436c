import { EtcdError } from "@nodetcd/client";
import { METHODS } from "@nodetcd/messages";
import type { Command } from "../../command-line/command.ts";
import { badArguments, EXIT, ExitError } from "../../command-line/exit.ts";
import type { CtlCall } from "../call.ts";
import { errorText } from "../error-text.ts";
import type { Session } from "../session.ts";

const enable: Command<CtlCall> = {
  use: "enable",
  short: "Enables authentication",
  run: async ({ args, connect }) => {
    if (args.length > 0) throw badArguments("auth enable command does not accept any arguments");
    const session = await connect();
    try {
      await enableWithRoot(session);
    } catch (error) {
      if (!(error instanceof EtcdError)) throw error;
      throw new ExitError(EXIT.error, errorText(error));
    }
    session.say("Authentication Enabled");
  },
};

/** Gives the user root the role root where it lacks it. */
async function enableWithRoot(session: Session): Promise<void> {
  try {
    await session.call(METHODS.Auth.AuthEnable, {});
    return;
  } catch (error) {
    if (!(error instanceof EtcdError && error.code === "ROOT_ROLE_MISSING")) throw error;
  }
  await session.call(METHODS.Auth.RoleAdd, { name: "root" });
  await session.call(METHODS.Auth.UserGrantRole, { user: "root", role: "root" });
  await session.call(METHODS.Auth.AuthEnable, {});
}

const disable: Command<CtlCall> = {
  use: "disable",
  short: "Disables authentication",
  run: async ({ args, connect }) => {
    if (args.length > 0) throw badArguments("auth disable command does not accept any arguments");
    const session = await connect();
    await session.send(METHODS.Auth.AuthDisable, {});
    session.say("Authentication Disabled");
  },
};

const status: Command<CtlCall> = {
  use: "status",
  short: "Returns authentication status",
  run: async ({ args, connect }) => {
    if (args.length > 0) throw badArguments("auth status command does not accept any arguments");
    const session = await connect();
    session.show("authStatus", await session.send(METHODS.Auth.AuthStatus, {}));
  },
};

export const auth: Command<CtlCall> = {
  use: "auth <enable or disable>",
  short: "Enable or disable authentication. Use `nodetcd ctl auth --help` to see subcommands",
  long: "Enable or disable authentication",
  subcommands: [enable, disable, status],
};
