// A server that keeps what it knows of connections that are gone.
import { plant } from './plant.ts';

plant('src/http-proxy/front-server.ts', 'connections.remove(slot)', 'void slot');
