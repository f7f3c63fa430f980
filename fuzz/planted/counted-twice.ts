// A body whose bytes are counted twice.
import { plant } from './plant.ts';

plant('src/http-proxy/request-upload.ts', 'onBytes(data.length);', 'onBytes(data.length * 2);');
