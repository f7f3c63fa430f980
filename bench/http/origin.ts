import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Lab } from '../../lab/lab.ts';

const sinkProgram = fileURLToPath(new URL('../programs/sink.ts', import.meta.url));

/** Bodies that the origin answers with, in bytes; each is also its path. */
export const bodies = { small: 1_024, large: 1_048_576, bulk: 4 * 1_048_576 } as const;

/** One of the bodies. */
export type BodyName = keyof typeof bodies;

/** Where the origin listens. */
export interface OriginPorts {
  readonly get: number;
  readonly post: number;
}

/** The origin: nginx for GET and a sink for POST, pinned to one core. It ends with the lab. */
export async function startOrigin(lab: Lab, ports: OriginPorts, core: number): Promise<void> {
  await Promise.all(Object.entries(bodies).map(([name, length]) => writeFile(bodyFile(lab, name), makeBody(length))));
  const file = `${lab.folder}/nginx.conf`;
  await writeFile(file, formatNginxConfiguration(lab.folder, ports.get));
  const host = lab.host('lanHost');
  const pinned = ['-c', String(core)];
  lab.attach(await host.spawn('taskset', [...pinned, 'nginx', '-c', file, '-e', 'stderr']));
  const sink = await host.spawn('taskset', [...pinned, process.execPath, sinkProgram, String(ports.post), bodyFile(lab, 'bulk')]);
  await lab.attach(sink).line('listening');
}

/** The file that holds a body. */
export function bodyFile(lab: Lab, name: string): string {
  return `${lab.folder}/${name}`;
}

/** Bytes that do not repeat for long, so that a part in the wrong place is seen: a linear congruential generator. */
function makeBody(length: number): Buffer {
  const body = Buffer.alloc(length);
  let state = 1;
  for (let offset = 0; offset < length; offset += 4) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    body.writeUInt32LE(state, offset);
  }
  return body;
}

function formatNginxConfiguration(folder: string, port: number): string {
  return `
user root;
daemon off;
worker_processes 1;
worker_rlimit_nofile 20000;
pid ${folder}/nginx.pid;
events { worker_connections 19000; accept_mutex off; multi_accept on; }
http {
  access_log off;
  sendfile on;
  tcp_nopush on;
  open_file_cache max=16;
  keepalive_requests 1000000000;
  keepalive_timeout 1h;
  client_header_timeout 1h;
  server {
    listen ${port} backlog=4096;
    root ${folder};
    location = /small { sendfile off; tcp_nopush off; }
  }
}
`;
}
