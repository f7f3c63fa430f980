// The origin of uploads: reads bodies, and answers once the last byte is there. Its arguments are the port, and the file of a body.
import { readFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { releaseRead } from '../../src/net/frugal-reads.ts';
import { UploadReader } from '../load/upload-reader.ts';

const [port, file = ''] = process.argv.slice(2);
const body = readFileSync(file);

createServer({ noDelay: true }, (socket: Socket) => {
  const reader = new UploadReader(body);
  socket.on('data', (chunk: Buffer) => {
    const { received, isWrong } = reader.push(chunk);
    releaseRead(chunk);
    if (isWrong) socket.destroy();
    else if (received !== undefined) socket.write(reader.answer(received), () => reader.closes && socket.end());
  });
  socket.on('error', () => {});
}).listen(Number(port), () => console.log('listening'));
