import { addresses } from '../../lab/addresses.ts';

const { servers } = addresses.ipv6.outside;

/** A URL that curl fetches. */
export interface Fetch {
  readonly title: string;
  readonly name: string;
  /** Default: a name of the server that is made of `name`. */
  readonly host?: string;
  /** Default `http`. */
  readonly scheme?: 'http' | 'https';
  readonly words?: readonly string[];
  /** For the proxy alone. */
  readonly proxyWords?: readonly string[];
  /** Default `big`. */
  readonly path?: string;
  /** The file of the site that is to come whole; undefined: something else comes. */
  readonly file: string | undefined;
  readonly access: readonly string[];
}

/** What curl is asked for. */
export const fetches: readonly Fetch[] = [
  { title: 'GET', name: 'get', file: 'big', access: ['GET 80 200'] },
  { title: 'GET of nothing', name: 'empty', path: 'empty', file: 'empty', access: ['GET 80 200'] },
  { title: 'GET --proxytunnel', name: 'tunnel', proxyWords: ['--proxytunnel'], file: 'big', access: ['CONNECT 80 200'] },
  {
    title: 'GET --proxytunnel --proxy1.0',
    name: 'tunnel10',
    proxyWords: ['--proxytunnel', '--proxy1.0', proxyOf()],
    file: 'big',
    access: ['CONNECT 80 200'],
  },
  { title: 'GET by the proxy in IPv6', name: 'six', proxyWords: ['--proxy', proxyOf('ipv6')], file: 'big', access: ['GET 80 200'] },
  { title: 'https in HTTP/2', name: 'tls', scheme: 'https', words: ['--http2'], file: 'big', access: ['CONNECT 443 200'] },
  { title: 'https in HTTP/1.1', name: 'tls11', scheme: 'https', words: ['--http1.1'], file: 'big', access: ['CONNECT 443 200'] },
  { title: '--http1.0', name: 'get10', words: ['--http1.0'], file: 'big', access: ['GET 80 200'] },
  {
    title: '--http1.0 of what is chunked upstream',
    name: 'chunked10',
    words: ['--http1.0', '--compressed'],
    path: 'compressed/text.txt',
    file: 'text.txt',
    access: ['GET 80 200'],
  },
  {
    title: '--compressed',
    name: 'compressed',
    words: ['--compressed'],
    path: 'compressed/text.txt',
    file: 'text.txt',
    access: ['GET 80 200'],
  },
  {
    title: 'compressed, and not unpacked',
    name: 'packed',
    words: ['--header', 'Accept-Encoding: gzip'],
    path: 'compressed/text.txt',
    file: undefined,
    access: ['GET 80 200'],
  },
  { title: '--range', name: 'range', words: ['--range', '1000-201999'], file: undefined, access: ['GET 80 206'] },
  { title: '--range of the end', name: 'suffix', words: ['--range', '-500'], file: undefined, access: ['GET 80 206'] },
  { title: 'a page that is not there', name: 'absent', path: 'absent', file: undefined, access: ['GET 80 404'] },
  { title: '--location', name: 'moved', words: ['--location'], path: 'moved', file: 'text.txt', access: ['GET 80 200', 'GET 80 302'] },
  {
    title: '--location from http to https',
    name: 'moved-to-tls',
    words: ['--location'],
    path: 'moved-to-tls',
    file: 'text.txt',
    access: ['CONNECT 443 200', 'GET 80 301'],
  },
  { title: 'an IPv6 literal', name: 'literal', host: `[${servers[0]}]`, file: 'big', access: ['GET 80 200'] },
  {
    title: 'an IPv6 literal by https',
    name: 'literal-tls',
    host: `[${servers[1]}]`,
    scheme: 'https',
    file: 'big',
    access: ['CONNECT 443 200'],
  },
];

/** The proxy as an argument of curl. */
function proxyOf(family: 'ipv4' | 'ipv6' = 'ipv4'): string {
  const { router } = addresses[family].subnet;
  return `http://${family === 'ipv6' ? `[${router}]` : router}:8080`;
}
