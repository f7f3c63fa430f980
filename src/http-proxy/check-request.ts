import type { IncomingMessage } from 'node:http';
import type { AccessRecord } from './access-record.ts';
import type { ClientConnection } from './client-connection.ts';
import type { ProxyContext } from './context.ts';
import { findRequestFault } from './request-fault.ts';
import { valuesOf } from './request-head.ts';

/**
 * Checks what does not depend on the destination: whether the head can be trusted, then who asks.
 * @throws Failure
 */
export async function checkRequest(
  context: ProxyContext,
  { connection, request }: { readonly connection: ClientConnection; readonly request: IncomingMessage },
  record: AccessRecord,
): Promise<void> {
  const fault = findRequestFault(context, connection, request);
  if (fault !== undefined) throw fault;
  const { authenticator } = context;
  if (authenticator !== undefined) {
    record.user = await authenticator.authenticate(connection.client, valuesOf(request.rawHeaders, 'proxy-authorization'));
  }
}
