import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRouterConfig } from '../config/parse-router-config.ts';
import { scriptedEffects } from './scripted-effects.ts';
import { startWatch } from './watch.ts';

const config = parseRouterConfig({ env: { EGRESS_WATCH_INTERVAL: '1ms' }, command: 'run', readFile: () => '' });
const empty = () => '[]';
const unreadable = (line: string) => (line.includes('rule list') ? { code: 127, stderr: 'ip: spawn ip ENOENT' } : '[]');

/** A promise and what resolves it. */
const turns = (count: number) => {
  const { promise, resolve } = Promise.withResolvers<void>();
  let left = count;
  return { promise, count: () => --left === 0 && resolve() };
};

test('startWatch: the first look is done when it returns', async () => {
  const watch = await startWatch(config, scriptedEffects(empty));
  watch.close();
  assert.match(watch.reasons().join(), /no source IP was set up in this pod/);
});

test('startWatch: a network that cannot be read is a reason, not an end', async () => {
  const watch = await startWatch(config, scriptedEffects(unreadable));
  watch.close();
  assert.match(watch.reasons().join(), /^the network cannot be read: cannot start 'ip -4 .*ENOENT$/);
});

test('startWatch: what goes on being wrong is logged once', async () => {
  const effects = scriptedEffects(empty);
  const looks = turns(5);
  const read: typeof effects.read = (command, args) => {
    if (args.includes('address')) looks.count();
    return effects.read(command, args);
  };
  const watch = await startWatch(config, { ...effects, read });
  await looks.promise;
  watch.close();
  assert.equal(effects.lines.length, 1);
});

test('startWatch: a repair that fails is a reason, and is tried again', async () => {
  const attempts = turns(3);
  const watch = await startWatch(config, scriptedEffects(empty), {
    inspect: async () => ['the table is gone'],
    apply: async () => {
      attempts.count();
      throw new Error('somebody has the address');
    },
  });
  assert.match(watch.reasons().join('\n'), /the table is gone\nthe network cannot be set up: somebody has the address$/);
  await attempts.promise;
  watch.close();
});

test('startWatch: after close nothing is looked at', async () => {
  const effects = scriptedEffects(empty);
  const watch = await startWatch(config, effects);
  watch.close();
  const before = effects.commands.length;
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(effects.commands.length, before);
});
