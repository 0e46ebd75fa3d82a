// The server's API: sends a body, gives the result, or an error in the server's own words. The token of a caller is
// kept for as long as the tab is open.

const TOKEN = 'metric-service-token';

/** What JSON has no number for is a text. */
const NUMBERS = new Map([['NaN', Number.NaN], ['+Inf', Number.POSITIVE_INFINITY], ['-Inf', Number.NEGATIVE_INFINITY]]);

/** A number of an answer. */
export const number = (value) => NUMBERS.get(value) ?? value;

/** Why there is no answer: RFC 9457 problem details. */
export class Problem extends Error {
  constructor({ title, detail, status, request_id: requestId }) {
    super(detail ?? title);
    this.title = title;
    this.status = status;
    this.requestId = requestId;
  }
}

export const token = {
  get: () => sessionStorage.getItem(TOKEN) ?? '',
  set: (text) => (text ? sessionStorage.setItem(TOKEN, text) : sessionStorage.removeItem(TOKEN)),
};

/**
 * Asks for a path; with a body, by POST. Gives what stands under `result`.
 * @throws {Problem} what the server says, or that it cannot be reached; `AbortError` where the signal gave up
 */
export async function ask(path, { body, signal } = {}) {
  const headers = { accept: 'application/json' };
  if (token.get()) headers.authorization = `Bearer ${token.get()}`;
  if (body) headers['content-type'] = 'application/json';
  let response;
  try {
    response = await fetch(path, { method: body ? 'POST' : 'GET', headers, body: body && JSON.stringify(body), signal });
    if (response.ok) return (await response.json()).result;
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Problem({ title: 'No answer from this server', detail: `${error.message}. Is metric-host serve running?` });
  }
  const said = await response.json().catch(() => ({}));
  throw new Problem({ title: response.statusText || 'The server refused', ...said, status: response.status });
}
