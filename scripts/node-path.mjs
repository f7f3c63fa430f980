import { accessSync, constants } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The checkout's folder. */
export const root = fileURLToPath(new URL('..', import.meta.url));

/** The Node that package-lock.json pins: everything of the project runs on it, whatever the machine has. */
export const nodePath = `${root}node_modules/node-linux-${process.arch}/bin/node`;

/** Whether the pinned Node is there and executable. */
export function isNodeInstalled() {
  try {
    accessSync(nodePath, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
