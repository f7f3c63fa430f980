// A splice that forgets the other side when one breaks off.
import { plant } from './plant.ts';

plant('src/net/splice.ts', 'resetSocket(client);\n      resetSocket(upstream);', 'resetSocket(client);');
