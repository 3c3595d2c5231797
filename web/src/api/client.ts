/** The only place that calls `fetch`. */

/** A refused or failed request, with what the server said about it. */
export class ApiError extends Error {
  readonly code: string;
  readonly status: number;
  readonly requestId: string | null;
  /** The input that is wrong, where the server names it. */
  readonly field: string | null;
  /** Of the first wrong character of that field, from 0. */
  readonly position: number | null;

  constructor(facts: {
    message: string;
    code: string;
    status: number;
    requestId: string | null;
    field?: string | null;
    position?: number | null;
  }) {
    super(facts.message);
    this.name = "ApiError";
    this.code = facts.code;
    this.status = facts.status;
    this.requestId = facts.requestId;
    this.field = facts.field ?? null;
    this.position = facts.position ?? null;
  }
}

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
export type Query = Readonly<
  Record<string, string | number | boolean | readonly string[] | null | undefined>
>;

interface CallOptions {
  query?: Query;
  body?: unknown;
  /** Sent as `application/x-www-form-urlencoded`, as the Prometheus API wants it. */
  form?: Query;
  signal?: AbortSignal;
}

let csrfToken = "";
let onSignedOut: () => void = () => undefined;

/** Told by the session: each change of state is sent with this token. */
export function sendCsrfToken(token: string): void {
  csrfToken = token;
}

/** Called when the server says that the session is over. */
export function whenSignedOut(listener: () => void): void {
  onSignedOut = listener;
}

/** One request to the server's JSON API. Throws `ApiError` for everything but 2xx. */
export async function call<T>(method: Method, path: string, options: CallOptions = {}): Promise<T> {
  return (await callTraced<T>(method, path, options)).body;
}

/** The same, with the id by which the server's log names the request. */
export async function callTraced<T>(
  method: Method,
  path: string,
  options: CallOptions = {},
): Promise<{ body: T; requestId: string | null }> {
  const { headers, body } = payload(method, options);
  const init: RequestInit = { method, headers, credentials: "same-origin" };
  if (body !== undefined) init.body = body;
  if (options.signal) init.signal = options.signal;
  let response: Response;
  try {
    response = await fetch(path + queryString(options.query), init);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError({
      message: "The server did not answer.",
      code: "unreachable",
      status: 0,
      requestId: null,
    });
  }
  if (!response.ok) throw await failure(response);
  const isJson = response.headers.get("Content-Type")?.includes("json") ?? false;
  const answer = (isJson ? await response.json() : undefined) as T;
  return { body: answer, requestId: response.headers.get("X-Request-Id") };
}

function payload(method: Method, { body, form }: CallOptions): { headers: Headers; body?: string } {
  const headers = new Headers({ Accept: "application/json" });
  if (method !== "GET") headers.set("X-CSRF-Token", csrfToken);
  if (form !== undefined) {
    headers.set("Content-Type", "application/x-www-form-urlencoded");
    return { headers, body: queryString(form).slice(1) };
  }
  if (body === undefined) return { headers };
  headers.set("Content-Type", "application/json");
  return { headers, body: JSON.stringify(body) };
}

/** `?a=1&b=2` without what is empty; a list gives its key more than once. */
export function queryString(query: Query | undefined): string {
  const params = new URLSearchParams();
  for (const [key, value] of Object.entries(query ?? {})) {
    if (Array.isArray(value)) for (const one of value) params.append(key, one);
    else if (value !== null && value !== undefined && value !== "") params.set(key, String(value));
  }
  const text = params.toString();
  return text === "" ? "" : `?${text}`;
}

interface ErrorBody {
  /** Our own API. */
  error?: { code?: string; message?: string; field?: string; position?: number } | string;
  /** The Prometheus API has `error` as text and this beside it. */
  errorType?: string;
}

async function failure(response: Response): Promise<ApiError> {
  const requestId = response.headers.get("X-Request-Id");
  const body: ErrorBody = await response.json().catch(() => ({}));
  if (response.status === 401) onSignedOut();
  const facts =
    typeof body.error === "string"
      ? { code: body.errorType, message: body.error }
      : (body.error ?? {});
  return new ApiError({
    message: facts.message ?? statusText(response),
    code: facts.code ?? `http_${response.status}`,
    status: response.status,
    requestId,
    field: "field" in facts ? (facts.field ?? null) : null,
    position: "position" in facts ? (facts.position ?? null) : null,
  });
}

function statusText(response: Response): string {
  const wait = response.headers.get("Retry-After");
  if (response.status === 503)
    return `The engine is restarting.${wait ? ` Retry in ${wait} s.` : ""}`;
  return `The server answered ${response.status}.`;
}
