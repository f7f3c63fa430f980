import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import bcrypt from 'bcryptjs';
import { addresses } from '../../lab/addresses.ts';
import { buildLab } from '../../lab/lab.ts';
import { serve } from '../../lab/serve.ts';
import { patience, startRouterPod } from './router-pod.ts';

const { outside, subnet } = addresses.ipv4;

for (const workers of ['1', '2']) {
  test(`http-proxy, EGRESS_HTTP_PROXY_WORKERS=${workers}: the router asks clients of its prefixes for the password of a user, and takes a Secret that changes`, async (t) => {
    const secret = mkdtempSync(join(tmpdir(), 'users-'));
    t.after(() => rmSync(secret, { recursive: true }));
    chmodSync(secret, 0o755);
    const users = join(secret, 'users');
    // As the kubelet does it: the new file takes the place of the old one at once.
    const write = (password: string) => {
      writeFileSync(`${users}.new`, `alice:${bcrypt.hashSync(password, 8)}\n`, { mode: 0o644 });
      renameSync(`${users}.new`, users);
    };
    write('secret');

    await using lab = await buildLab();
    await using _server = await serve(lab.host('outside'), [{ kind: 'http', port: 80 }]);
    const main = await startRouterPod(lab, 'http-proxy', {
      variables: { EGRESS_HTTP_PROXY_CLIENTS: subnet.client, EGRESS_HTTP_PROXY_USERS_FILE: users, EGRESS_HTTP_PROXY_WORKERS: workers },
    });
    const ask = async (from: 'client' | 'otherClient', tunnel: boolean, user: readonly string[]) => {
      const words = [
        '--silent',
        '--max-time',
        '20',
        '--proxy',
        `http://${subnet.router}:8080`,
        ...(tunnel ? ['--proxytunnel'] : []),
        ...user,
      ];
      const shown = ['--output', '/dev/null', '--write-out', tunnel ? '%{http_connect}' : '%{http_code}'];
      const { stdout } = await lab.host(from).run('curl', [...words, ...shown, `http://${outside.servers[0]}/`]);
      return stdout;
    };
    for (const tunnel of [false, true]) {
      assert.equal(await ask('client', tunnel, ['--proxy-user', 'alice:secret']), '200');
      assert.equal(await ask('client', tunnel, ['--proxy-user', 'alice:guess']), '407');
      assert.equal(await ask('client', tunnel, []), '407');
      assert.equal(await ask('otherClient', tunnel, ['--proxy-user', 'alice:secret']), '403');
    }
    write('changed');
    await main.line('the users were read again', 'stdout', patience);
    assert.equal(await ask('client', false, ['--proxy-user', 'alice:secret']), '407');
    assert.equal(await ask('client', true, ['--proxy-user', 'alice:changed']), '200');
    assert.doesNotMatch(main.stdout, /secret|guess|Proxy-Authorization/);
  });
}
