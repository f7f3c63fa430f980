import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import { addresses } from './addresses.ts';
import { makeCertificate } from './certificate.ts';
import { buildLab } from './lab.ts';
import { serve } from './serve.ts';

const { outside, lan } = addresses.ipv4;
const [destination, otherDestination] = outside.servers;

describe('serve', () => {
  test('serve: an HTTP server says what it saw of a request, its body included', async () => {
    await using lab = await buildLab();
    await using servers = await serve(lab.host('outside'), [{ kind: 'http', port: 80 }]);
    const body = 'x'.repeat(200_000);
    const answer = await lab
      .host('lanHost')
      .output('curl', ['-s', '--data-binary', '@-', `http://${otherDestination}/a?b`], { input: body });
    const expected = {
      event: 'request',
      source: lan.lanHost,
      destination: otherDestination,
      admitted: true,
      method: 'POST',
      target: '/a?b',
      bodyLength: body.length,
      bodySha256: createHash('sha256').update(body).digest('hex'),
    };
    assert.partialDeepStrictEqual(JSON.parse(answer), expected);
    assert.partialDeepStrictEqual(servers.seen, [expected]);
  });

  test('serve: an HTTPS server has a certificate that a client can check', async () => {
    await using lab = await buildLab();
    const tls = await makeCertificate(lab.folder, ['www.example.com']);
    lab.attach(await serve(lab.host('outside'), [{ kind: 'https', port: 443 }], tls));
    const get = (name: string) =>
      lab.host('lanHost').run('curl', ['-s', '--cacert', tls.cert, '--resolve', `${name}:443:${destination}`, `https://${name}/bytes/5`]);
    assert.deepEqual(await get('www.example.com'), { code: 0, stdout: '\0'.repeat(5), stderr: '' });
    assert.equal((await get('other.example.com')).code, 60);
  });

  test('serve: a TCP echo closes on whom it does not admit, and delivers after a half-close', async () => {
    await using lab = await buildLab();
    await using servers = await serve(lab.host('outside'), [
      { kind: 'tcp-echo', port: 7 },
      { kind: 'tcp-echo', port: 8, admit: [lan.source] },
    ]);
    const echo = (port: number) => lab.host('lanHost').run('socat', ['-t5', '-', `TCP:${destination}:${port}`], { input: 'hello' });
    assert.equal((await echo(7)).stdout, 'hello');
    assert.equal((await echo(8)).stdout, '');
    assert.deepEqual(
      servers.seen.map((seen) => [seen.port, seen.source, seen.admitted]),
      [
        [7, lan.lanHost, true],
        [8, lan.lanHost, false],
      ],
    );
  });

  test('serve: a UDP echo answers from the address that was asked', async () => {
    await using lab = await buildLab({ family: 'dual' });
    await using servers = await serve(lab.host('outside'), [{ kind: 'udp-echo', port: 7 }]);
    const ask = async (address: string) => {
      const target = address.includes(':') ? `[${address}]` : address;
      // A connected socket takes an answer from no other address.
      const answer = await lab.host('lanHost').output('socat', ['-t2', '-', `UDP:${target}:7`], { input: 'hello' });
      await servers.see((seen) => seen.event === 'datagram' && seen.destination === address);
      return answer;
    };
    const answers = await Promise.all([...outside.servers, ...addresses.ipv6.outside.servers].map(ask));
    assert.deepEqual(answers, ['hello', 'hello', 'hello', 'hello']);
  });
});
