/**
 * Asks the server this page came from.
 *
 * The token comes with the URL and is kept for the life of the tab, so that it stands neither in the
 * history nor in what is copied from the address bar.
 *
 * @module
 */
import type { Failure, LiveMessage } from "../api.ts";

const STORE = "uipvs-token";

function takeToken(): string {
  const url = new URL(location.href);
  const given = url.searchParams.get("token");
  if (given !== null) {
    sessionStorage.setItem(STORE, given);
    url.searchParams.delete("token");
    history.replaceState(null, "", url);
  }
  return given ?? sessionStorage.getItem(STORE) ?? "";
}

let token = takeToken();

/** Takes another token. */
export function setToken(text: string): void {
  token = text.trim();
  sessionStorage.setItem(STORE, token);
}

/** A request the server has refused, or could not be asked. */
export class RequestError extends Error {
  override readonly name = "RequestError";
  /** As `Failure`; `unreachable` where there was no answer. */
  readonly code: string;

  constructor({ code, error }: Failure) {
    super(error);
    this.code = code;
  }
}

async function send(path: string, init: RequestInit): Promise<Response> {
  let response: Response;
  try {
    const headers = { ...init.headers, Authorization: `Bearer ${token}` };
    response = await fetch(path, { ...init, headers });
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new RequestError({ code: "unreachable", error: "The director does not answer" });
  }
  if (response.ok) return response;
  const failure = (await response.json().catch(() => undefined)) as Failure | undefined;
  throw new RequestError(
    failure ?? { code: "failed", error: `The director answers with status ${response.status}` },
  );
}

/** @throws RequestError */
export async function get<Answer>(path: string, signal?: AbortSignal): Promise<Answer> {
  const response = await send(path, signal === undefined ? {} : { signal });
  return (await response.json()) as Answer;
}

/** @throws RequestError */
export async function post<Answer>(path: string, body: object): Promise<Answer> {
  const response = await send(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  return (await response.json()) as Answer;
}

/** Yields what changes, until the server goes. @throws RequestError */
export async function* liveMessages(signal: AbortSignal): AsyncGenerator<LiveMessage> {
  const response = await send("/api/live", { signal });
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    const lines = (rest + part.value).split("\n");
    rest = lines.pop()!;
    for (const line of lines) if (line !== "") yield JSON.parse(line) as LiveMessage;
  }
}
