// A proxy that takes 100 (Continue) for an attack when it did not ask for it, as undici does.
import { plant } from './plant.ts';

plant('src/http-proxy/undici-parser.ts', 'status === 100 ? processing : status', 'status');
