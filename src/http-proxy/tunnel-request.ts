import { elementsOf, valuesOf } from '../http/fields.ts';
import type { ClientRequest } from './client-request.ts';

/** Whether the request is one for a tunnel: CONNECT, or a WebSocket. */
export function asksForTunnel(request: ClientRequest): boolean {
  return request.head.method === 'CONNECT' || asksForWebSocket(request);
}

/** Whether the request asks for a WebSocket (RFC 6455 4.1). Every other upgrade is a plain request: a server may always stay with HTTP/1.1. */
export function asksForWebSocket({ head: { method, version, fields }, fault }: ClientRequest): boolean {
  if (method !== 'GET' || version !== '1.1' || fault !== undefined) return false;
  const upgrades = valuesOf(fields, 'upgrade');
  if (upgrades.length !== 1 || upgrades[0]?.toLowerCase() !== 'websocket') return false;
  const isBodiless = valuesOf(fields, 'content-length').length === 0 && valuesOf(fields, 'transfer-encoding').length === 0;
  return isBodiless && elementsOf(fields, 'connection').includes('upgrade');
}
