import { prefixEnd } from "@nodetcd/bytes";
import { METHODS, PermissionType } from "@nodetcd/messages";
import type { Command } from "../../command-line/command.ts";
import { badArguments } from "../../command-line/exit.ts";
import { type FlagValues, switchFlag } from "../../command-line/flag.ts";
import type { CtlCall } from "../call.ts";

const FROM_KEY_HELP =
  "a permission of keys that are greater than or equal to the given key using byte compare";
const GRANT = {
  prefix: switchFlag("prefix", "grant a prefix permission"),
  fromKey: switchFlag("from-key", `grant ${FROM_KEY_HELP}`),
} as const;
const REVOKE = {
  prefix: switchFlag("prefix", "revoke a prefix permission"),
  fromKey: switchFlag("from-key", `revoke ${FROM_KEY_HELP}`),
} as const;

/** etcdctl sets no deadline for users and roles. */
const PATIENT = { timeoutMs: Infinity };

const KINDS: Readonly<Record<string, number>> = {
  READ: PermissionType.READ,
  WRITE: PermissionType.WRITE,
  READWRITE: PermissionType.READWRITE,
};

function only(args: readonly string[], words: string): string {
  const [name] = args;
  if (name === undefined || args.length > 1) throw badArguments(words);
  return name;
}

const add: Command<CtlCall> = {
  use: "add <role name>",
  short: "Adds a new role",
  run: async ({ args, connect }) => {
    const name = only(args, "role add command requires role name as its argument");
    const session = await connect();
    session.show("roleAdd", await session.send(METHODS.Auth.RoleAdd, { name }, PATIENT), { name });
  },
};

const remove: Command<CtlCall> = {
  use: "delete <role name>",
  short: "Deletes a role",
  run: async ({ args, connect }) => {
    const name = only(args, "role delete command requires role name as its argument");
    const session = await connect();
    const reply = await session.send(METHODS.Auth.RoleDelete, { role: name }, PATIENT);
    session.show("roleDelete", reply, { name });
  },
};

const get: Command<CtlCall> = {
  use: "get <role name>",
  short: "Gets detailed information of a role",
  run: async ({ args, connect }) => {
    const name = only(args, "role get command requires role name as its argument");
    const session = await connect();
    const reply = await session.send(METHODS.Auth.RoleGet, { role: name }, PATIENT);
    session.show("roleGet", reply, { name });
  },
};

const list: Command<CtlCall> = {
  use: "list",
  short: "Lists all roles",
  run: async ({ args, connect }) => {
    if (args.length > 0) throw badArguments("role list command requires no arguments");
    const session = await connect();
    session.show("roleList", await session.send(METHODS.Auth.RoleList, {}, PATIENT));
  },
};

const grantPermission: Command<CtlCall> = {
  use: "grant-permission [options] <role name> <permission type> <key> [endkey]",
  short: "Grants a key to a role",
  examples: ["role grant-permission reader read config/ --prefix"],
  flags: Object.values(GRANT),
  run: async ({ args, flags, connect }) => {
    const [name, kind, ...keys] = args;
    if (name === undefined || kind === undefined || keys.length === 0) {
      throw badArguments(
        "role grant command requires role name, permission type, and key [endkey] as its argument",
      );
    }
    const permType = KINDS[kind.toUpperCase()];
    if (permType === undefined) throw badArguments(`invalid permission type: ${kind}`);
    const range = permissionRange(keys, flags, GRANT);
    const session = await connect();
    const request = { name, perm: { permType, ...range } };
    const reply = await session.send(METHODS.Auth.RoleGrantPermission, request, PATIENT);
    session.show("roleGrant", reply, { name });
  },
};

const revokePermission: Command<CtlCall> = {
  use: "revoke-permission <role name> <key> [endkey]",
  short: "Revokes a key from a role",
  flags: Object.values(REVOKE),
  run: async ({ args, flags, connect }) => {
    const [role, ...keys] = args;
    if (role === undefined || keys.length === 0) {
      throw badArguments(
        "role revoke-permission command requires role name and key [endkey] as its argument",
      );
    }
    const range = permissionRange(keys, flags, REVOKE);
    const session = await connect();
    const reply = await session.send(
      METHODS.Auth.RoleRevokePermission,
      { role, ...range },
      PATIENT,
    );
    const rangeEnd = Buffer.from(range.rangeEnd).toString();
    session.show("roleRevoke", reply, { role, key: keys[0]!, rangeEnd });
  },
};

const ZERO = new Uint8Array(1);
const NO_END = new Uint8Array(0);

function permissionRange(
  [key = "", end]: readonly string[],
  flags: FlagValues,
  switches: typeof GRANT,
): { key: Uint8Array; rangeEnd: Uint8Array } {
  const prefix = flags.get(switches.prefix);
  const fromKey = flags.get(switches.fromKey);
  const both = "--from-key and --prefix flags are mutually exclusive";
  if (key === "") {
    if (prefix && fromKey) throw badArguments(both);
    return { key: ZERO, rangeEnd: prefix || fromKey ? ZERO : NO_END };
  }
  const bytes = Buffer.from(key);
  if (end !== undefined) {
    if (prefix) throw badArguments("unexpected endkey argument with --prefix flag");
    if (fromKey) throw badArguments("unexpected endkey argument with --from-key flag");
    return { key: bytes, rangeEnd: Buffer.from(end) };
  }
  if (prefix && fromKey) throw badArguments(both);
  if (prefix) return { key: bytes, rangeEnd: prefixEnd(bytes) };
  return { key: bytes, rangeEnd: fromKey ? ZERO : NO_END };
}

export const role: Command<CtlCall> = {
  use: "role <subcommand>",
  short: "Role related commands. Use `nodetcd ctl role --help` to see subcommands",
  long: "Role related commands",
  subcommands: [add, remove, get, list, grantPermission, revokePermission],
};
