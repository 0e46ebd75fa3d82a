// preview2-shim's `wasi:http`, with broken connections reported as the standard names them. The shim (0.26.1)
// hands Node's own errors to the plugin where an error code is due, which traps, and calls a closed connection
// a violation of the protocol and the reverse. Knows error codes alone; when the shim has mended this, drop it.

import { outgoingHandler, types as shim } from '@bytecodealliance/preview2-shim/http';

export { outgoingHandler };

interface ErrorCode { tag: string; val?: unknown }
type Outcome = { tag: 'ok'; val: unknown } | { tag: 'err'; val: ErrorCode };

/** `wasi:http/types`. */
export const types = { ...shim, httpErrorCode };

/** `http-error-code`: what an error of a body's stream means to HTTP. */
function httpErrorCode(error: { payload?: unknown }): ErrorCode | undefined {
  const { payload } = error;
  if (!(payload instanceof Error)) return payload as ErrorCode | undefined;
  const code = 'code' in payload ? String(payload.code) : '';
  // The connection went away under a body that was not at its end.
  if (code === 'ECONNRESET') return { tag: 'HTTP-response-incomplete' };
  if (code.startsWith('HPE_')) return { tag: 'HTTP-protocol-error' };
  return { tag: 'internal-error', val: payload.message };
}

const taken = shim.FutureIncomingResponse.prototype.get;
shim.FutureIncomingResponse.prototype.get = function get(): any {
  const answer = taken.call(this) as { tag: 'ok'; val: Outcome } | { tag: 'err' } | undefined;
  if (answer?.tag === 'ok' && answer.val.tag === 'err') answer.val.val = beforeAnAnswer(answer.val.val);
  return answer;
};

function beforeAnAnswer(code: ErrorCode): ErrorCode {
  // What the shim makes of ECONNRESET, and of nothing else.
  if (code.tag === 'HTTP-protocol-error') return { tag: 'connection-terminated' };
  if (code.tag === 'internal-error' && String(code.val).startsWith('Error: Parse Error')) return { tag: 'HTTP-protocol-error' };
  return code;
}
