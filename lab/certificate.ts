import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { TlsFiles } from './serve.ts';

/** Makes a self-signed certificate for names and addresses, in `folder`; valid for a day. Clients that check it are given `cert` as their authority. */
export async function makeCertificate(folder: string, names: readonly [string, ...string[]]): Promise<TlsFiles> {
  const files = { key: `${folder}/${names[0]}.key`, cert: `${folder}/${names[0]}.crt` };
  const isAddress = (name: string) => name.includes(':') || /^[\d.]+$/.test(name);
  const alternatives = names.map((name) => `${isAddress(name) ? 'IP' : 'DNS'}:${name}`).join(',');
  await promisify(execFile)('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1'],
    ...['-subj', `/CN=${names[0]}`, '-addext', `subjectAltName=${alternatives}`, '-keyout', files.key, '-out', files.cert],
  ]);
  return files;
}
