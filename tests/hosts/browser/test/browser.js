// Debian's Chromium, or the one that CHROMIUM names, without a window. Knows where browsers are installed. Run by
// itself it says in one line whether there is one.

import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

import { chromium } from 'playwright-core';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const MISSING = 'Chromium is missing: `apt-get install chromium`, or name one in CHROMIUM';

/** Without the network in the background: it is no part of the test, and may not be there. */
const QUIET = ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

const executablePath = [process.env.CHROMIUM, ...PLACES].find((path) => path && existsSync(path));

/** Starts it. @param {string[]} [more] further arguments */
export async function startBrowser(more = []) {
  if (!executablePath) throw new Error(MISSING);
  // Root has no sandbox.
  return chromium.launch({ executablePath, args: [...QUIET, ...more], chromiumSandbox: process.getuid?.() !== 0 });
}

if (import.meta.url === pathToFileURL(process.argv[1]).href && !executablePath) {
  console.error(MISSING);
  process.exit(1);
}
