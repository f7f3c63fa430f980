import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { addresses } from './addresses.ts';
import { buildLab, type Lab } from './lab.ts';
import { startNameserver } from './nameserver.ts';

describe('startNameserver', () => {
  test('startNameserver: a change of the zone is in the next answer', async () => {
    await using lab = await buildLab({ family: 'dual' });
    const nameserver = await startNameserver(lab, { records: [{ name: 'www.example.com', type: 'A', data: '203.0.113.25', ttl: 7 }] });
    assert.deepEqual(await dig(lab, 'www.example.com', 'A'), ['NOERROR', 'www.example.com. 7 IN A 203.0.113.25']);
    await nameserver.setZone({
      records: [
        { name: 'www.example.com', type: 'CNAME', data: 'other.example.com' },
        { name: 'other.example.com', type: 'A', data: '203.0.113.26' },
        { name: 'other.example.com', type: 'AAAA', data: '2001:db8:cafe::26' },
      ],
      failing: ['broken.example.com'],
    });
    assert.deepEqual(await dig(lab, 'www.example.com', 'AAAA', '+tcp', `@${addresses.ipv6.service.dns}`), [
      'NOERROR',
      'www.example.com. 1 IN CNAME other.example.com.',
      'other.example.com. 1 IN AAAA 2001:db8:cafe::26',
    ]);
    assert.deepEqual(await dig(lab, 'absent.example.com', 'A'), ['NXDOMAIN']);
    assert.deepEqual(await dig(lab, 'broken.example.com', 'A'), ['SERVFAIL']);
    await nameserver.setZone({ records: [{ name: 'broken.example.com', type: 'A', data: '203.0.113.25' }] });
    assert.deepEqual(await dig(lab, 'broken.example.com', 'A'), ['NOERROR', 'broken.example.com. 1 IN A 203.0.113.25']);
  });

  test('startNameserver: it is silent between pause and resume', async () => {
    await using lab = await buildLab();
    const nameserver = await startNameserver(lab, { records: [{ name: 'www.example.com', type: 'A', data: '203.0.113.25' }] });
    nameserver.pause();
    assert.deepEqual(await dig(lab, 'www.example.com', 'A'), ['no answer']);
    nameserver.resume();
    assert.deepEqual(await dig(lab, 'www.example.com', 'A'), ['NOERROR', 'www.example.com. 1 IN A 203.0.113.25']);
  });
});

/** The status, and the lines of the answer. */
async function dig(lab: Lab, ...question: string[]): Promise<string[]> {
  const { stdout } = await lab.host('router').run('dig', ['+time=1', '+tries=1', '+noall', '+comments', '+answer', ...question]);
  const status = /status: (\w+)/.exec(stdout)?.[1] ?? 'no answer';
  const answers = stdout.split('\n').filter((line) => line !== '' && !line.startsWith(';'));
  return [status, ...answers.map((line) => line.replace(/\s+/g, ' '))];
}
