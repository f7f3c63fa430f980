import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { after, before, describe, test } from 'node:test';
import { Host } from './host.ts';

describe('Host', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(`${tmpdir()}/host-`);
  });
  after(() => rm(folder, { recursive: true }));

  test('Host.run: gives the exit code and both outputs, and nothing of our environment', async () => {
    await using host = await Host.start({ name: 'one', folder });
    const script = 'cat; echo "$GREETING $NODE_TEST_CONTEXT" >&2; exit 3';
    const result = await host.run('sh', ['-c', script], { input: 'in', env: { GREETING: 'hello' } });
    assert.deepEqual(result, { code: 3, stdout: 'in', stderr: 'hello \n' });
  });

  test('Host.output: a failure is an error that says what failed and why', async () => {
    await using host = await Host.start({ name: 'one', folder });
    await assert.rejects(host.output('ip', ['link', 'show', 'absent0']), /one: 'ip link show absent0' ended with 1: .*absent0/);
  });

  test('Host.start: the host has its own interfaces, sysctls and nameservers', async () => {
    await using host = await Host.start({ name: 'one', folder, sysctls: [['ipv4/ip_forward', 1]], nameservers: ['192.0.2.53'] });
    const script = 'ls /sys/class/net; cat /proc/sys/net/ipv4/ip_forward /etc/resolv.conf';
    assert.equal(await host.output('sh', ['-c', script]), 'lo\n1\nnameserver 192.0.2.53\n');
  });

  test('Host.attach: runs programs in a host that another process holds, and its own end changes nothing there', async () => {
    await using host = await Host.start({ name: 'one', folder });
    await host.output('ip', ['link', 'add', 'br7', 'type', 'bridge']);
    const attached = Host.attach('one', host.pid);
    await using sleep = await attached.spawn('sleep', ['infinity']);
    assert.match(await attached.output('ls', ['/sys/class/net']), /br7/);
    await attached[Symbol.asyncDispose]();
    assert.deepEqual(await host.processes(), [host.pid, sleep.pid]);
  });

  test('Host.run: a program keeps only the capabilities that it is given', async () => {
    await using host = await Host.start({ name: 'one', folder });
    const effective = async (capabilities?: string[]) => {
      const status = await host.output('cat', ['/proc/self/status'], capabilities === undefined ? {} : { capabilities });
      return /^CapEff:\s*0*(\w+)$/m.exec(status)?.[1];
    };
    assert.equal(await effective([]), '0');
    assert.equal(await effective(['net_raw']), '2000');
    assert.notEqual(await effective(), '2000');
    assert.notEqual((await host.run('ip', ['link', 'set', 'lo', 'down'], { capabilities: ['net_raw'] })).code, 0);
    assert.equal((await host.run('ip', ['link', 'set', 'lo', 'down'], { capabilities: ['net_admin'] })).code, 0);
  });

  test('HostProcess.line: finds past and future lines, and says what came instead', async () => {
    await using host = await Host.start({ name: 'one', folder });
    await using cat = await host.spawn('cat', [], { input: 'first\n', keepInput: true });
    assert.equal(await cat.line('first'), 'first');
    const second = cat.line(/^sec/);
    cat.write('second\n');
    assert.equal(await second, 'second');
    await assert.rejects(cat.line('third', 'stdout', 10), /no line third within 10 ms[\s\S]*second/);
    cat.endInput();
    await assert.rejects(cat.line('third'), /ended \(0\)/);
    assert.deepEqual(await cat.exit, { code: 0, signal: null });
  });
});
