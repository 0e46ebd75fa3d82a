// The messages between the plugin's thread and the one that sends its requests, while a call runs.

import type { ErrorCode } from '../../generated/interfaces/wasi-http-types.js';
import type { Request } from '../http/exchange.js';

/** From the plugin's thread. */
export type Order =
  | { open: number; request: Request }
  /** Room for one more piece of the body. */
  | { more: number }
  /** The response is no longer wanted. */
  | { close: number };

/** To the plugin's thread, in lists: the progress of the request of that number. */
export type News =
  | { of: number; head: { status: number; headers: [string, string][] } }
  | { of: number; piece: Uint8Array }
  | { of: number; over: true }
  | { of: number; fault: ErrorCode };

/** Pieces of a body that are under way at once, of 64 KiB each as Node reads them. */
export const WINDOW = 8;
