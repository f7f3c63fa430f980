import { createHash } from 'node:crypto';

const key = 'dGhlIHNhbXBsZSBub25jZQ==';
/** What a server has to say to our key (RFC 6455 4.2.2). */
export const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
/** The head that opens a WebSocket. */
export const switching = `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`;

/** A request for one, with these lines besides. */
export const upgrade = (authority: string, ...lines: string[]) =>
  [
    `GET http://${authority}/chat HTTP/1.1`,
    'Host: x',
    'Connection: keep-alive, Upgrade',
    'Upgrade: WebSocket',
    `Sec-WebSocket-Key: ${key}`,
    'Sec-WebSocket-Version: 13',
    ...lines,
    '',
    '',
  ].join('\r\n');
