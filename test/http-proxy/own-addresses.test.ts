import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** Prints what `readOwnAddresses` says in a network namespace of its own, whose one interface is up without a carrier. */
const script = `
ip link set lo up
ip link add inside type veth peer name outside
ip address add 192.0.2.10/24 dev inside
ip address add 2001:db8::10/64 dev inside nodad
ip link set inside up
exec "$0" -e 'import(process.argv[1]).then(({ readOwnAddresses }) => console.log(readOwnAddresses().map(({ text }) => text).join(" ")))' "$1"
`;

test('readOwnAddresses: addresses of an interface without a carrier are ours, and none is named twice', async () => {
  const module = fileURLToPath(new URL('../../src/net/own-addresses.ts', import.meta.url));
  const { stdout } = await promisify(execFile)('unshare', ['--net', 'sh', '-ec', script, process.execPath, module]);
  const addresses = stdout.trim().split(' ');
  assert.deepEqual(addresses.filter((text) => !text.startsWith('fe80:')).sort(), ['127.0.0.1', '192.0.2.10', '2001:db8::10', '::1']);
});
