import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fillMaps, formatTransaction } from './format-transaction.ts';
import type { Table } from './ruleset.ts';

const table: Table = {
  family: 'inet',
  name: 'example',
  maps: [
    {
      name: 'ports',
      key: 'inet_proto . inet_service',
      value: 'ipv4_addr . inet_service',
      intervals: false,
      elements: [
        { key: 'tcp . 80', value: '192.0.2.1 . 8080' },
        { key: 'udp . 53', value: '192.0.2.2 . 53' },
      ],
    },
    { name: 'ranges', key: 'inet_proto . inet_service', value: 'ipv4_addr', intervals: true, elements: [] },
  ],
  chains: [
    {
      name: 'incoming',
      type: 'nat',
      hook: 'prerouting',
      priority: 'dstnat - 10',
      policy: 'accept',
      rules: ['iifname != "eth0" accept', 'dnat ip to meta l4proto . th dport map @ports'],
    },
    { name: 'forwarded', type: 'filter', hook: 'forward', priority: 'filter', policy: 'drop', rules: [] },
  ],
};

test('formatTransaction: declares, flushes, changes elements and refills, in this order', () => {
  assert.equal(
    formatTransaction([table], [fillMaps(table)]),
    `table inet example {
	map ports {
		type inet_proto . inet_service : ipv4_addr . inet_service
	}
	map ranges {
		type inet_proto . inet_service : ipv4_addr
		flags interval
	}
	chain incoming {
		type nat hook prerouting priority dstnat - 10; policy accept;
	}
	chain forwarded {
		type filter hook forward priority filter; policy drop;
	}
}
flush chain inet example incoming
flush chain inet example forwarded
add element inet example ports {
	tcp . 80 : 192.0.2.1 . 8080,
	udp . 53 : 192.0.2.2 . 53
}
table inet example {
	chain incoming {
		iifname != "eth0" accept
		dnat ip to meta l4proto . th dport map @ports
	}
}
`,
  );
});

test('formatTransaction: elements that go are named by key, before those that come', () => {
  const removed = [{ key: 'tcp . 80', value: '192.0.2.1 . 8080' }];
  const added = [{ key: 'tcp . 80', value: '192.0.2.9 . 8080' }];
  const text = formatTransaction([table], [[{ map: 'ports', removed, added }]]);
  assert.deepEqual(text.match(/^(?:add|delete) element [^}]*\}/gm), [
    'delete element inet example ports {\n\ttcp . 80\n}',
    'add element inet example ports {\n\ttcp . 80 : 192.0.2.9 . 8080\n}',
  ]);
});

test('formatTransaction: never deletes a table and never flushes a map', () => {
  assert.doesNotMatch(formatTransaction([table], [fillMaps(table)]), /delete table|flush (table|map|set|ruleset)/);
});
