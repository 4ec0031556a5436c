import { METHODS } from "@nodetcd/messages";
import type { Command } from "../../command-line/command.ts";
import { badArguments } from "../../command-line/exit.ts";
import { stringFlag, switchFlag } from "../../command-line/flag.ts";
import { askPassword } from "../ask-password.ts";
import type { CtlCall } from "../call.ts";

const INTERACTIVE = switchFlag(
  "interactive",
  "Read password from stdin instead of interactive terminal",
  true,
);
const CHANGE_INTERACTIVE = switchFlag(
  "interactive",
  "If true, read password from stdin instead of interactive terminal",
  true,
);
const NEW_PASSWORD = stringFlag("new-user-password", "Supply password from the command line flag");
const NO_PASSWORD = switchFlag(
  "no-password",
  "Create a user without password (CN based auth only)",
);
const DETAIL = switchFlag("detail", "Show permissions of roles granted to the user");

/** etcdctl sets no deadline for users and roles. */
const PATIENT = { timeoutMs: Infinity };

const add: Command<CtlCall> = {
  use: "add <user name or user:password> [options]",
  short: "Adds a new user",
  examples: ["user add root", "user add alice --no-password"],
  flags: [INTERACTIVE, NEW_PASSWORD, NO_PASSWORD],
  run: async (call) => {
    const { args, flags } = call;
    const [given] = args;
    if (given === undefined || args.length > 1) {
      throw badArguments("user add command requires user name as its argument");
    }
    const noPassword = flags.get(NO_PASSWORD);
    const { name, password } = noPassword
      ? { name: given, password: "" }
      : await nameAndPassword(call, given);
    const session = await call.connect();
    const request = { name, password, options: { noPassword } };
    session.show("userAdd", await session.send(METHODS.Auth.UserAdd, request, PATIENT), { name });
  },
};

async function nameAndPassword(
  { flags, readInput }: CtlCall,
  given: string,
): Promise<{ name: string; password: string }> {
  const fromFlag = flags.get(NEW_PASSWORD);
  if (fromFlag !== "") return { name: given, password: fromFlag };
  const colon = given.indexOf(":");
  if (colon === 0) throw badArguments("empty user name is not allowed");
  if (colon > 0) return { name: given.slice(0, colon), password: given.slice(colon + 1) };
  const password = flags.get(INTERACTIVE) ? await askTwice(given) : firstWord(await readInput());
  return { name: given, password };
}

function firstWord(text: string): string {
  return /^[ \t]*(\S+)/.exec(text)?.[1] ?? "";
}

async function askTwice(name: string): Promise<string> {
  const password = await askPassword(`Password of ${name}: `);
  if (password === "") throw badArguments("empty password");
  const again = await askPassword(`Type password of ${name} again for confirmation: `);
  if (password !== again) throw badArguments("given passwords are different");
  return password;
}

function only(args: readonly string[], words: string): string {
  const [name] = args;
  if (name === undefined || args.length > 1) throw badArguments(words);
  return name;
}

const remove: Command<CtlCall> = {
  use: "delete <user name>",
  short: "Deletes a user",
  run: async ({ args, connect }) => {
    const name = only(args, "user delete command requires user name as its argument");
    const session = await connect();
    session.show("userDelete", await session.send(METHODS.Auth.UserDelete, { name }, PATIENT), {
      name,
    });
  },
};

const get: Command<CtlCall> = {
  use: "get <user name> [options]",
  short: "Gets detailed information of a user",
  flags: [DETAIL],
  run: async ({ args, flags, connect }) => {
    const name = only(args, "user get command requires user name as its argument");
    const session = await connect();
    const reply = await session.send(METHODS.Auth.UserGet, { name }, PATIENT);
    if (!flags.get(DETAIL)) return session.show("userGet", reply, { name });
    session.say(`User: ${name}`);
    for (const role of reply.roles) {
      session.say("");
      session.show("roleGet", await session.send(METHODS.Auth.RoleGet, { role }, PATIENT), {
        name: role,
      });
    }
  },
};

const list: Command<CtlCall> = {
  use: "list",
  short: "Lists all users",
  run: async ({ args, connect }) => {
    if (args.length > 0) throw badArguments("user list command requires no arguments");
    const session = await connect();
    session.show("userList", await session.send(METHODS.Auth.UserList, {}, PATIENT));
  },
};

const passwd: Command<CtlCall> = {
  use: "passwd <user name> [options]",
  short: "Changes password of user",
  flags: [CHANGE_INTERACTIVE],
  run: async ({ args, flags, connect, readInput }) => {
    const name = only(args, "user passwd command requires user name as its argument");
    const password = flags.get(CHANGE_INTERACTIVE)
      ? await askTwice(name)
      : firstWord(await readInput());
    const session = await connect();
    const request = { name, password };
    session.show(
      "userPassword",
      await session.send(METHODS.Auth.UserChangePassword, request, PATIENT),
    );
  },
};

function userAndRole(args: readonly string[], words: string): { name: string; role: string } {
  const [name, role] = args;
  if (name === undefined || role === undefined || args.length > 2) throw badArguments(words);
  return { name, role };
}

const grantRole: Command<CtlCall> = {
  use: "grant-role <user name> <role name>",
  short: "Grants a role to a user",
  run: async ({ args, connect }) => {
    const words = "user grant command requires user name and role name as its argument";
    const { name, role } = userAndRole(args, words);
    const session = await connect();
    const request = { user: name, role };
    const reply = await session.send(METHODS.Auth.UserGrantRole, request, PATIENT);
    session.show("userGrantRole", reply, { name, role });
  },
};

const revokeRole: Command<CtlCall> = {
  use: "revoke-role <user name> <role name>",
  short: "Revokes a role from a user",
  run: async ({ args, connect }) => {
    const words = "user revoke-role requires user name and role name as its argument";
    const { name, role } = userAndRole(args, words);
    const session = await connect();
    const reply = await session.send(METHODS.Auth.UserRevokeRole, { name, role }, PATIENT);
    session.show("userRevokeRole", reply, { name, role });
  },
};

export const user: Command<CtlCall> = {
  use: "user <subcommand>",
  short: "User related commands. Use `nodetcd ctl user --help` to see subcommands",
  long: "User related commands",
  subcommands: [add, remove, get, list, passwd, grantRole, revokeRole],
};
