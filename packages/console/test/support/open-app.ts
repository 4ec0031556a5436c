import { App, type AppSettings, type ApiReply, answer } from "@nodetcd/console";
import type { SessionView } from "@nodetcd/console/contract";
import { nodeRuntime } from "@nodetcd/runtime/node";

export interface Answer {
  readonly status: number;
  /** As JSON comes: tests look into it freely. */
  readonly value: ReturnType<typeof JSON.parse>;
  readonly headers: Readonly<Record<string, string>>;
}

/** An application on an etcd, without a port; `get` and `post` are those of a browser with a session. */
export interface OpenApp {
  readonly app: App;
  cookie: string;
  token: string;
  get(path: string, headers?: Record<string, string>): Promise<Answer>;
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Answer>;
  close(): void;
}

export async function openApp(
  endpoint: string,
  settings: Partial<AppSettings> = {},
): Promise<OpenApp> {
  const app = new App({
    runtime: nodeRuntime,
    connection: { endpoints: [endpoint] },
    settings: {
      name: "harbor",
      version: "test",
      writes: "open",
      prefix: "",
      fsyncGateMs: 100,
      samplesNote: "",
      ...settings,
    },
    fetchText: async (url) => await (await fetch(url)).text(),
    keepSample: () => undefined,
    keepAudit: () => undefined,
  });
  const call = async (
    method: string,
    path: string,
    headers: Record<string, string>,
    body = "",
  ): Promise<Answer> => {
    const url = new URL(path, "http://console");
    const all: Record<string, string> = { host: "console", cookie: open.cookie, ...headers };
    const reply: ApiReply = await answer(app, {
      method,
      path: url.pathname,
      query: url.searchParams,
      header: (name) => all[name],
      remoteAddress: "127.0.0.1",
      body: async () => new TextEncoder().encode(body),
      signal: new AbortController().signal,
    });
    const given = reply.headers ?? {};
    if (given["set-cookie"] !== undefined) open.cookie = given["set-cookie"].split(";")[0]!;
    if (reply.kind === "json") return { status: reply.status, value: reply.value, headers: given };
    return { status: 200, value: reply, headers: given };
  };
  const open: OpenApp = {
    app,
    cookie: "",
    token: "",
    get: (path, headers = {}) => call("GET", path, headers),
    post: (path, body, headers = {}) =>
      call(
        "POST",
        path,
        { "content-type": "application/json", "x-console-token": open.token, ...headers },
        JSON.stringify(body),
      ),
    close: () => app.close(),
  };
  const session = (await open.get("/api/session")).value as SessionView;
  open.token = session.token;
  return open;
}

export const id = (text: string): string => Buffer.from(text).toString("base64url");
export const base64 = (text: string): string => Buffer.from(text).toString("base64");
