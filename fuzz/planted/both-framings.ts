// A relay that forwards both framings.
import { plant } from './plant.ts';

plant(
  'src/http-proxy/response-relay.ts',
  'this.#response.writeHead(status, printable(reasonPhrase), fields);',
  "this.#response.writeHead(status, printable(reasonPhrase), [...fields, 'Transfer-Encoding', 'chunked']);",
);
