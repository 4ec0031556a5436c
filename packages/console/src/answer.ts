import type { App } from "./app.ts";
import type { AuditEntry } from "./contract/session.ts";
import { ConsoleError } from "./errors.ts";
import type { ApiReply, ApiRequest } from "./http/exchange.ts";
import { problem } from "./http/problem.ts";
import { Query } from "./http/query.ts";
import { BODY_BYTES } from "./limits.ts";
import type { Call, Route } from "./pages/call.ts";
import { ROUTES } from "./routes.ts";
import { checkOrigin, isSecure, sessionCookie } from "./session/guard.ts";
import type { Session } from "./session/sessions.ts";

/** Answers one request to `/api/…`; never raises. */
export async function answer(app: App, request: ApiRequest): Promise<ApiReply> {
  try {
    const route = ROUTES.get(`${request.method} ${request.path}`);
    if (route === undefined) {
      throw new ConsoleError("NOT_FOUND", `There is no ${request.method} ${request.path}`);
    }
    const known = app.sessions.find(sessionCookie(request.header("cookie")));
    if (route.method === "POST") checkOrigin(request, known);
    if (known === undefined && route.path !== "/api/session") {
      throw new ConsoleError("NOT_SIGNED_IN", "The session has ended", "Load the page again.");
    }
    const session = known ?? app.beginAnonymous();
    await checkAccess(app, session, route);
    const reply = await route.run(await makeCall(app, session, route, request));
    return known === undefined
      ? { ...reply, headers: { ...reply.headers, ...app.cookie(session, isSecure(request)) } }
      : reply;
  } catch (error) {
    const known = error instanceof ConsoleError || (error instanceof Error && "status" in error);
    if (!known) {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      app.logger.error("a request failed", { path: request.path, error: text });
    }
    return problem(error);
  }
}

async function checkAccess(app: App, session: Session, { access }: Route): Promise<void> {
  if (access === "open") return;
  if (session.user === undefined && (await app.hasUsers())) {
    throw new ConsoleError(
      "NOT_SIGNED_IN",
      "This cluster has users; nobody is signed in",
      "Sign in.",
    );
  }
  if (access === "read" || app.writeState(session) === "open") return;
  throw app.settings.writes === "never"
    ? new ConsoleError(
        "READ_ONLY",
        "This console was started read-only",
        "Start it with --allow-writes.",
      )
    : new ConsoleError("READ_ONLY", "Writes are locked", "Unlock them in the header.");
}

async function makeCall(
  app: App,
  session: Session,
  route: Route,
  request: ApiRequest,
): Promise<Call> {
  return {
    app,
    session,
    client: session.client,
    members: session.members,
    query: new Query(request.query),
    body: route.method === "POST" ? await readJson(request) : undefined,
    signal: request.signal,
    secure: isSecure(request),
    lastEventId: request.header("last-event-id"),
    audit: (entry) =>
      app.audit.add({
        ...entry,
        at: app.clock.wallTime(),
        user: session.user ?? "nobody in particular",
        from: request.remoteAddress,
      } satisfies AuditEntry),
  };
}

async function readJson(request: ApiRequest): Promise<unknown> {
  if (!/^application\/json\b/.test(request.header("content-type") ?? "")) {
    throw new ConsoleError("BAD_REQUEST", "The body must be application/json");
  }
  const bytes = await request.body(BODY_BYTES);
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw new ConsoleError("BAD_REQUEST", "The body is no JSON");
  }
}
