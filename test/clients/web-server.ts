import { mkdir, writeFile } from 'node:fs/promises';
import type { Lab } from '../../lab/lab.ts';
import type { TlsFiles } from '../../lab/serve.ts';
import { patience } from '../e2e/router-pod.ts';

/** What the web server is started with. */
export interface WebServerOptions {
  /** The folder that it serves; what is uploaded below /upload/ lands there, too. */
  readonly site: string;
  readonly tls: TlsFiles;
  /** More of its configuration: `location` blocks. */
  readonly locations: string;
}

/** Starts nginx on the host `outside`, on ports 80 and 443 of all its addresses, and resolves once it listens. It ends with the lab. */
export async function startWebServer(lab: Lab, options: WebServerOptions): Promise<void> {
  const folder = `${lab.folder}/nginx`;
  await mkdir(folder);
  await writeFile(`${folder}/nginx.conf`, formatConfiguration(folder, options));
  const host = lab.host('outside');
  const nginx = lab.attach(await host.spawn('nginx', ['-c', `${folder}/nginx.conf`, '-e', 'stderr']));
  // Its workers start after it listens.
  await nginx.line('start worker process', 'stderr', patience);
}

/**
 * HTTP/2 is offered over TLS as web servers do. `gzip_proxied`: without it nginx compresses nothing for whom `Via` shows to be behind a proxy, and a client would
 * not get by the proxy what it gets directly.
 */
function formatConfiguration(folder: string, { site, tls, locations }: WebServerOptions): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`).join(' ');
  return `
user root;
daemon off;
worker_processes 1;
pid ${folder}/nginx.pid;
error_log stderr notice;
events { worker_connections 512; }
http {
  ${temporary}
  access_log off;
  types { text/html html; text/plain txt; application/json json; }
  default_type application/octet-stream;
  client_max_body_size 0;
  ssl_certificate ${tls.cert};
  ssl_certificate_key ${tls.key};
  server {
    listen 80;
    listen [::]:80;
    listen 443 ssl http2;
    listen [::]:443 ssl http2;
    root ${site};
    location /upload/ { dav_methods PUT; create_full_put_path on; }
    location /compressed/ { alias ${site}/; gzip on; gzip_types text/plain; gzip_proxied any; }
    location = /moved { return 302 /text.txt; }
    location = /moved-to-tls { return 301 https://$host/text.txt; }
    ${locations}
  }
}
`;
}
