import { type Client, EtcdError } from "@nodetcd/client";
import type { AccessView } from "../contract/access.ts";
import { toBase64Url } from "../contract/bytes.ts";
import { mayAccess, type Role, roleView } from "../access/ranges.ts";
import { ConsoleError } from "../errors.ts";
import { type ApiReply, json } from "../http/exchange.ts";
import { bytesOf, type Fields, fieldsOf, textOf } from "../http/query.ts";
import { sideBySide } from "../side-by-side.ts";
import type { Call, Route } from "./call.ts";

/** The roles of a user with what they allow. `root` has no permissions, and needs none. */
export async function rolesOf(client: Client, user: string): Promise<Role[]> {
  const names = await client.auth.user(user);
  return await sideBySide(names, (name) => role(client, name));
}

async function role(client: Client, name: string): Promise<Role> {
  return { name, permissions: name === "root" ? [] : await client.auth.role(name) };
}

async function access({ client, session }: Call): Promise<ApiReply> {
  const enabled = await client.auth.status().then(
    (status) => ({ enabled: status.enabled }),
    () => ({}),
  );
  try {
    const [users, roles] = await Promise.all([client.auth.users(), client.auth.roles()]);
    const view: AccessView = {
      ...enabled,
      users: await sideBySide(users, async (name) => ({
        name,
        roles: await client.auth.user(name),
      })),
      roles: (await sideBySide(roles, (name) => role(client, name))).map(roleView),
    };
    return json(view);
  } catch (error) {
    if (error instanceof EtcdError && error.code === "UNIMPLEMENTED") {
      return json({ users: [], roles: [], onlySelf: error.message } satisfies AccessView);
    }
    const own = session.user;
    if (!(error instanceof EtcdError) || error.code !== "PERMISSION_DENIED" || own === undefined) {
      throw error;
    }
    const roles = await rolesOf(client, own);
    const view: AccessView = {
      ...enabled,
      users: [{ name: own, roles: roles.map(({ name }) => name) }],
      roles: roles.map(roleView),
      onlySelf: "Others are shown to users with the role root.",
    };
    return json(view);
  }
}

async function may({ client, query }: Call): Promise<ApiReply> {
  const kind = query.text("kind", "read") === "write" ? "write" : "read";
  const roles = await rolesOf(client, query.text("user"));
  return json(mayAccess(roles, kind, query.key("key")));
}

/** What a change is called in the audit list; passwords never are. */
async function apply(client: Client, fields: Fields, call: Call): Promise<string> {
  const text = (name: string): string => textOf(name, fields[name]);
  const { auth } = client;
  switch (text("do")) {
    case "addUser":
      await auth.addUser(text("user"), text("password"));
      return text("user");
    case "deleteUser":
      await auth.deleteUser(text("user"));
      return text("user");
    case "changePassword":
      await auth.changePassword(text("user"), text("password"));
      return text("user");
    case "grantRole":
      await auth.grantRole(text("user"), text("role"));
      return `${text("role")} to ${text("user")}`;
    case "revokeRole":
      await auth.revokeRole(text("user"), text("role"));
      return `${text("role")} from ${text("user")}`;
    case "addRole":
      await auth.addRole(text("role"));
      return text("role");
    case "deleteRole":
      await auth.deleteRole(text("role"));
      return text("role");
    case "grantPermission":
    case "revokePermission":
      return await changePermission(client, fields);
    case "enable":
    case "disable":
      return await turn(call, fields);
    default:
      throw new ConsoleError("BAD_REQUEST", `There is no change "${text("do")}"`);
  }
}

async function changePermission({ auth }: Client, fields: Fields): Promise<string> {
  const name = textOf("role", fields["role"]);
  const key = bytesOf("key", fields["key"]);
  if (fields["do"] === "revokePermission") {
    const end = bytesOf("end", fields["end"]);
    await auth.revokePermission(name, key, end.length === 0 ? {} : { end });
    return `${name} ${toBase64Url(key)}`;
  }
  const kind = textOf("kind", fields["kind"]);
  if (kind !== "read" && kind !== "write" && kind !== "readwrite") {
    throw new ConsoleError("BAD_REQUEST", "kind is read, write or readwrite");
  }
  await auth.grantPermission(name, kind, key, { prefix: fields["prefix"] === true });
  return `${name} ${kind} ${toBase64Url(key)}`;
}

/** Turning users on or off changes who may do anything at all: the cluster's name is typed first. */
async function turn({ app, client }: Call, fields: Fields): Promise<string> {
  if (textOf("name", fields["name"]) !== app.settings.name) {
    throw new ConsoleError("FORBIDDEN", `Type ${app.settings.name} to allow it`);
  }
  if (fields["do"] === "enable") await client.auth.enable();
  else await client.auth.disable();
  app.forgetUsers();
  return app.settings.name;
}

async function change(call: Call): Promise<ApiReply> {
  const fields = fieldsOf(call.body);
  const action = `users: ${textOf("do", fields["do"])}`;
  try {
    const target = await apply(call.client, fields, call);
    call.audit({ action, target, outcome: "done", detail: "" });
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    call.audit({ action, target: "", outcome: "failed", detail });
    throw error;
  }
  return json({ changed: true });
}

export const ACCESS_ROUTES: readonly Route[] = [
  { method: "GET", path: "/api/access", access: "read", run: access },
  { method: "GET", path: "/api/access/may", access: "read", run: may },
  { method: "POST", path: "/api/access/change", access: "write", run: change },
];
