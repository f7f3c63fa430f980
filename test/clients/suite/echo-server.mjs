import { WebSocketServer } from 'ws';

// usage: echo-server.mjs PORT: sends every message back as it came; prints `listening`.

const server = new WebSocketServer({ host: '127.0.0.1', port: Number(process.argv[2]) }, () => console.log('listening'));
server.on('connection', (socket) => {
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
});
