import type { ErrorBody } from "@nodetcd/console/contract";

/** A failure that the server, or the way to it, tells. */
export class ApiError extends Error {
  readonly code: string;
  readonly advice: string;
  readonly status: number;

  constructor(code: string, message: string, advice: string, status: number) {
    super(message);
    this.code = code;
    this.advice = advice;
    this.status = status;
  }
}

let token = "";

/** Sets what goes with each changing request; it comes with the session. */
export function setToken(text: string): void {
  token = text;
}

/** The address of an API path, below whatever prefix the page has. */
export function apiUrl(path: string, parameters: Parameters<typeof search>[0] = {}): string {
  return new URL(`api/${path}${search(parameters)}`, document.baseURI).href;
}

function search(
  parameters: Readonly<Record<string, string | number | boolean | undefined>>,
): string {
  const entries = Object.entries(parameters).filter(([, value]) => value !== undefined);
  const text = new URLSearchParams(
    entries.map(([name, value]) => [name, String(value)]),
  ).toString();
  return text === "" ? "" : `?${text}`;
}

export async function get<T>(
  path: string,
  parameters: Parameters<typeof search>[0] = {},
  signal?: AbortSignal,
): Promise<T> {
  return await call<T>(apiUrl(path, parameters), signal === undefined ? {} : { signal });
}

export async function post<T>(path: string, body: unknown = {}): Promise<T> {
  return await call<T>(apiUrl(path), {
    method: "POST",
    headers: { "content-type": "application/json", "x-console-token": token },
    body: JSON.stringify(body),
  });
}

async function call<T>(url: string, init: RequestInit): Promise<T> {
  let response: Response;
  try {
    response = await fetch(url, init);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError("NO_CONSOLE", "The console does not answer", "Is it still running?", 0);
  }
  const value: unknown = await response.json().catch(() => undefined);
  if (response.ok) return value as T;
  const { error } = (value ?? {}) as Partial<ErrorBody>;
  throw new ApiError(
    error?.code ?? "HTTP",
    error?.message ?? `HTTP ${response.status}`,
    error?.advice ?? "",
    response.status,
  );
}
