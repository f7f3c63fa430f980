import { once } from 'node:events';
import { Duplex } from 'node:stream';
import { createSecureContext, TLSSocket } from 'node:tls';

const context = createSecureContext();

/** The server name that OpenSSL reads in the first bytes (latin1) of a TLS client; undefined = it reads none, or no ClientHello. */
export async function readServerName(bytes: string): Promise<string | undefined> {
  let name: string | undefined;
  const transport = new Duplex({ read: () => {}, write: (_chunk, _encoding, written) => written() });
  const server = new TLSSocket(transport, {
    isServer: true,
    secureContext: context,
    SNICallback: (servername, done) => {
      name = servername;
      done(null, context);
    },
  });
  server.on('error', () => {});
  server.resume();
  transport.push(Buffer.from(bytes, 'latin1'));
  transport.push(null);
  await once(transport, 'end');
  // The name is told in a turn of its own.
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  server.destroy();
  transport.destroy();
  return name;
}
