/** One POST per operation. Everything that can go wrong becomes one `ApiError` with a code. */
import { lang } from '../i18n';

export class ApiError extends Error {
  constructor(readonly code: string, message: string) {
    super(message);
  }
}

interface Answer<T> {
  data?: T | null;
  errors?: Array<{ message: string; extensions?: { code?: string } }>;
}

/** Called when the server says that nobody is logged in. */
let onSignedOut: () => void = () => {};
export function whenSignedOut(handler: () => void): void {
  onSignedOut = handler;
}

export async function send<T>(
  query: string,
  variables: object,
  options: { operationName?: string; signal?: AbortSignal } = {},
): Promise<T> {
  let response: Response;
  try {
    response = await fetch('/graphql', {
      method: 'POST',
      credentials: 'same-origin',
      headers: { 'content-type': 'application/json', 'accept-language': lang.peek() },
      body: JSON.stringify({ query, variables, operationName: options.operationName }),
      signal: options.signal ?? null,
    });
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause;
    // A timeout is the caller's patience ending, not the network failing; both read the same.
    throw new ApiError('NETWORK', String(cause));
  }
  let answer: Answer<T>;
  try {
    answer = (await response.json()) as Answer<T>;
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause;
    throw new ApiError(`HTTP_${response.status}`, response.statusText);
  }
  const first = answer.errors?.[0];
  if (first) {
    const code = first.extensions?.code ?? 'INTERNAL_SERVER_ERROR';
    if (code === 'UNAUTHENTICATED') onSignedOut();
    throw new ApiError(code, first.message);
  }
  if (!answer.data) throw new ApiError(`HTTP_${response.status}`, response.statusText);
  return answer.data;
}
