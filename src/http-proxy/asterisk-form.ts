import { channel } from 'node:diagnostics_channel';

/**
 * Dispatches one request with `*` for its target, as the last proxy of a chain sends OPTIONS for a server rather than a resource of it (RFC 9112
 * 3.2.4). undici accepts no such path, but shows every request on a channel before it is sent, and sends what is in it then.
 * @param dispatch dispatches the request, with any path
 */
export function dispatchAsteriskForm(dispatch: () => void): void {
  const created = channel('undici:request:create');
  const rewrite = (message: unknown) => {
    if (typeof message === 'object' && message !== null && 'request' in message) Object.assign(Object(message.request), { path: '*' });
  };
  created.subscribe(rewrite);
  try {
    dispatch();
  } finally {
    created.unsubscribe(rewrite);
  }
}
