import { valuesOf } from '../http/fields.ts';
import type { AccessRecord } from './access-record.ts';
import type { ClientRequest } from './client-request.ts';
import type { ProxyContext } from './context.ts';
import { findRequestFault } from './request-fault.ts';

/**
 * Checks what does not depend on the destination: whether the head can be trusted, then who asks.
 * @throws Failure
 */
export async function checkRequest(context: ProxyContext, request: ClientRequest, record: AccessRecord): Promise<void> {
  const fault = findRequestFault(context, request);
  if (fault !== undefined) throw fault;
  const { authenticator } = context;
  if (authenticator !== undefined) {
    record.user = await authenticator.authenticate(request.connection.client, valuesOf(request.head.fields, 'proxy-authorization'));
  }
}
