import { addresses } from '../../lab/addresses.ts';
import type { DnsRecord } from '../../lab/nameserver.ts';
import type { SiteMode } from './site.ts';

const [server, otherServer] = addresses.ipv4.outside.servers;

/** What a client asks for by curl. The path comes from `visit`. */
export interface Ask {
  /** The URL up to its path. */
  readonly base: string;
  readonly options: readonly string[];
}

/** What the lists of deploy/base allow and what they do not. */
export interface ModeCase {
  /** Each with the server that it leads to. */
  readonly listed: readonly (Ask & { readonly server: string; readonly port: number })[];
  /** Each with curl's exit code and the status of the answer. */
  readonly unlisted: readonly (Ask & { readonly code: number; readonly status: number })[];
}

/** A port of each mode's Service. */
export const servicePorts: Readonly<Record<SiteMode, number>> = { redirect: 80, 'http-proxy': 8080, 'dns-proxy': 80 };

/** The requests of a client to a router: `router` is its Service's address, `pod` its own. */
export function modeCase(mode: SiteMode, router: string, pod: string): ModeCase {
  switch (mode) {
    case 'redirect':
      return {
        listed: [
          { base: `http://${router}`, options: [], server, port: 80 },
          { base: `http://${router}:8080`, options: [], server: otherServer, port: 80 },
          { base: `https://${router}:8443`, options: ['--insecure'], server: otherServer, port: 443 },
        ],
        unlisted: [
          { base: `http://${pod}:81`, options: [], code: 7, status: 0 },
          { base: `http://${pod}:3306`, options: [], code: 7, status: 0 },
        ],
      };
    case 'http-proxy': {
      const options = ['--proxy', `http://${router}:8080`, '--insecure'];
      return {
        listed: [
          { base: `http://${otherServer}`, options, server: otherServer, port: 80 },
          { base: 'http://www.example.com', options, server, port: 80 },
          { base: 'https://www.example.com', options, server, port: 443 },
          { base: 'http://www.example.com', options: [...options, '--proxytunnel'], server, port: 80 },
        ],
        unlisted: [
          { base: 'http://www.example.org', options, code: 0, status: 403 },
          { base: 'http://db.internal.example.com', options, code: 0, status: 403 },
          { base: 'http://192.168.12.51', options, code: 0, status: 403 },
          { base: 'https://www.example.org', options, code: 56, status: 0 },
        ],
      };
    }
    case 'dns-proxy':
      return {
        listed: [
          { base: `http://${router}`, options: [], server, port: 80 },
          { base: `http://${router}:3306`, options: [], server: otherServer, port: 3306 },
          { base: `http://${router}:5433`, options: [], server, port: 5432 },
        ],
        unlisted: [
          { base: `http://${pod}:81`, options: [], code: 7, status: 0 },
          { base: `http://${pod}:5432`, options: [], code: 7, status: 0 },
        ],
      };
  }
}

/** The names in the lists of deploy/, and one that no list has. */
export const outsideNames: readonly DnsRecord[] = [
  { name: 'www.example.com', type: 'A', data: server },
  { name: 'www.example.org', type: 'A', data: '198.51.100.2' },
  { name: 'db.internal.example.com', type: 'A', data: server },
  { name: 'db.example.com', type: 'A', data: otherServer },
  { name: 'warehouse.example.com', type: 'A', data: server },
];
