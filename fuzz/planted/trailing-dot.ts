// A judge that lets a name with a trailing dot pass: it is not the name that the list denies.
import { plant } from './plant.ts';

plant(
  'src/net/host-name.ts',
  "labels.every((label) => /^[a-z0-9_-]{1,63}$/.test(label))) return undefined;\n  return isNumber(labels.at(-1) ?? '') ? undefined : name;",
  "labels.every((label) => /^[a-z0-9_-]{1,63}$/.test(label))) return undefined;\n  return isNumber(labels.at(-1) ?? '') ? undefined : ascii;",
);
