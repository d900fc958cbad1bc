/**
 * The files of the built console, by address. A path never leaves the root: not by `..`, not by an encoded separator, not by a
 * link in the directory. Both hosts use it.
 */

import { readFile, realpath, stat } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';

/** Only these kinds of file are served. */
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
};

/** One segment of an address: no dot file, no separator, no drive, no control character. */
const SEGMENT = /^[A-Za-z0-9_@-][A-Za-z0-9_.@-]*$/;

export interface StaticFile {
  readonly type: string;
  readonly bytes: Buffer;
}

/** The file's path relative to the root for the path of an address; null where no file can have that address. */
export function relativePath(pathname: string): string | null {
  if (pathname === '/') return 'index.html';
  if (!pathname.startsWith('/')) return null;
  let decoded: string;
  try {
    decoded = decodeURIComponent(pathname);
  } catch {
    return null;
  }
  const segments = decoded.slice(1).split('/');
  return segments.every((segment) => SEGMENT.test(segment)) ? segments.join('/') : null;
}

/** The file that `pathname` names under `root`, or null. */
export async function readStatic(root: string, pathname: string): Promise<StaticFile | null> {
  const relative = relativePath(pathname);
  if (relative === null) return null;
  const type = TYPES[extname(relative)];
  if (!type) return null;
  try {
    const base = await realpath(root);
    const file = await realpath(join(base, relative));
    if (!file.startsWith(base + sep) || !(await stat(file)).isFile()) return null;
    return { type, bytes: await readFile(file) };
  } catch {
    return null;
  }
}
