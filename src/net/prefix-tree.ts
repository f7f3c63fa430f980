import type { Family, IpAddress } from './ip-address.ts';
import type { Prefix } from './prefix.ts';

/** What is known of the addresses that share some leading octets. */
interface Node<Value> {
  /** By the next octet. */
  readonly children: Map<number, Node<Value>>;
  /** Values of prefixes that end in the next octet or before it, by `endKey`. */
  readonly ends: Map<number, Value[]>;
}

/** Values kept by prefix. To find those of an address takes as long with many prefixes as with few: a step for each octet. */
export class PrefixTree<Value> {
  readonly #roots: Readonly<Record<Family, Node<Value>>> = { ipv4: makeNode(), ipv6: makeNode() };

  /** A prefix may have several values. */
  add({ family, network, length }: Prefix, value: Value): void {
    let node = this.#roots[family];
    const wholeOctets = Math.floor(length / 8);
    for (const octet of network.octets.slice(0, wholeOctets)) {
      let child = node.children.get(octet);
      if (child === undefined) {
        child = makeNode();
        node.children.set(octet, child);
      }
      node = child;
    }
    const key = endKey(network.octets[wholeOctets] ?? 0, length % 8);
    const values = node.ends.get(key);
    if (values === undefined) node.ends.set(key, [value]);
    else values.push(value);
  }

  /** The values of every prefix that contains the address, those of shorter prefixes first. */
  valuesOf({ family, octets }: IpAddress): Value[] {
    const found: Value[] = [];
    let node: Node<Value> | undefined = this.#roots[family];
    for (let index = 0; node !== undefined; index += 1) {
      const octet = octets[index] ?? 0;
      // Behind the last octet only a prefix of full length can end.
      const lastBits = index === octets.length ? 0 : 7;
      for (let bits = 0; bits <= lastBits && node.ends.size > 0; bits += 1) found.push(...(node.ends.get(endKey(octet, bits)) ?? []));
      node = index === octets.length ? undefined : node.children.get(octet);
    }
    return found;
  }
}

function makeNode<Value>(): Node<Value> {
  return { children: new Map(), ends: new Map() };
}

/** A number for the first `bits` bits of an octet, fewer than 8: another for every length. */
function endKey(octet: number, bits: number): number {
  return (1 << bits) | (octet >> (8 - bits));
}
