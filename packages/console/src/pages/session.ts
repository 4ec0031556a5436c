import { EtcdError } from "@nodetcd/client";
import type { SessionView } from "../contract/session.ts";
import { ConsoleError } from "../errors.ts";
import { json } from "../http/exchange.ts";
import { fieldsOf, textOf } from "../http/query.ts";
import { UNLOCK_MS } from "../limits.ts";
import { isRoot } from "../access/is-root.ts";
import type { Call, Route } from "./call.ts";

const NOTES = {
  never: "This console was started read-only. Start it with --allow-writes to change something.",
  locked: "Writes are locked. Unlocking asks for the cluster's name and lasts 15 minutes.",
  open: "",
} as const;

export async function sessionView({
  app,
  session,
}: Pick<Call, "app" | "session">): Promise<SessionView> {
  const hasUsers = await app.hasUsers();
  const writes = app.writeState(session);
  return {
    cluster: app.settings.name,
    version: app.settings.version,
    needsLogin: hasUsers && session.user === undefined,
    hasUsers,
    ...(session.user === undefined ? {} : { user: session.user }),
    writes,
    writesNote: NOTES[writes],
    ...(writes === "open" && session.unlockedUntil > 0
      ? { unlockedUntil: session.unlockedUntil }
      : {}),
    token: session.token,
    jobs: app.kubernetes !== undefined,
  };
}

async function show(call: Call): Promise<ReturnType<typeof json>> {
  return json(await sessionView(call));
}

async function login(call: Call): Promise<ReturnType<typeof json>> {
  const fields = fieldsOf(call.body);
  const name = textOf("name", fields["name"]);
  const password = textOf("password", fields["password"]);
  const { app } = call;
  app.countSignIn();
  const client = app.connect({ name, password });
  try {
    await client.get("\0", { keysOnly: true });
  } catch (error) {
    const code = error instanceof EtcdError ? error.code : "UNKNOWN";
    // A user who may not read this key has proven the password all the same.
    if (code !== "PERMISSION_DENIED") {
      client.close();
      call.audit({ action: "sign in", target: name, outcome: "refused", detail: code });
      throw code === "AUTH_NOT_ENABLED"
        ? new ConsoleError("BAD_REQUEST", "This cluster has no users: nobody needs to sign in")
        : error;
    }
  }
  app.sessions.end(call.session);
  const session = app.sessions.begin(client, app.membersFor(client, { name, password }), name);
  call.audit({ action: "sign in", target: name, outcome: "done", detail: "" });
  return {
    ...json(await sessionView({ app, session })),
    headers: app.cookie(session, call.secure),
  };
}

async function logout(call: Call): Promise<ReturnType<typeof json>> {
  const { app } = call;
  app.sessions.end(call.session);
  const session = app.beginAnonymous();
  return {
    ...json(await sessionView({ app, session })),
    headers: app.cookie(session, call.secure),
  };
}

async function unlock(call: Call): Promise<ReturnType<typeof json>> {
  const { app, session } = call;
  if (app.settings.writes === "never") throw new ConsoleError("READ_ONLY", NOTES.never);
  if (textOf("name", fieldsOf(call.body)["name"]) !== app.settings.name) {
    throw new ConsoleError("FORBIDDEN", `Type ${app.settings.name} to unlock writes`);
  }
  session.unlockedUntil = app.clock.wallTime() + UNLOCK_MS;
  const target = app.settings.name;
  call.audit({ action: "unlock writes", target, outcome: "done", detail: "for 15 minutes" });
  return json(await sessionView(call));
}

async function lock(call: Call): Promise<ReturnType<typeof json>> {
  call.session.unlockedUntil = 0;
  return json(await sessionView(call));
}

/** Keys are named in it: whose role has limits sees what they did themselves. */
async function audit(call: Call): Promise<ReturnType<typeof json>> {
  const entries = call.app.audit.newestFirst();
  if (await isRoot(call)) return json({ entries });
  return json({ entries: entries.filter(({ user }) => user === call.session.user) });
}

export const SESSION_ROUTES: readonly Route[] = [
  { method: "GET", path: "/api/session", access: "open", run: show },
  { method: "POST", path: "/api/login", access: "open", run: login },
  { method: "POST", path: "/api/logout", access: "open", run: logout },
  { method: "POST", path: "/api/unlock", access: "read", run: unlock },
  { method: "POST", path: "/api/lock", access: "read", run: lock },
  { method: "GET", path: "/api/audit", access: "read", run: audit },
];
