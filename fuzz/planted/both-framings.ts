// A relay that forwards both framings.
import { plant } from './plant.ts';

plant('src/http-proxy/response-relay.ts', "this.#chunked ? 'Transfer-Encoding: chunked\\r\\n' : ''", "'Transfer-Encoding: chunked\\r\\n'");
