// A body whose bytes are counted twice.
import { plant } from './plant.ts';

plant('src/http-proxy/request-body.ts', 'onBytes(chunk.length);', 'onBytes(chunk.length * 2);');
