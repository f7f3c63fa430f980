import { parseIpAddress, sameAddress } from '../net/ip-address.ts';
import { formatPrefix, type Prefix } from '../net/prefix.ts';

/**
 * A notice where a prefix was written with bits behind its length, which are cleared: whoever writes `10.0.0.1/8` may mean one address.
 * @param place where it was written
 * @param text of which the prefix was parsed
 */
export function noticeHostBits(place: string, text: string, prefix: Prefix): readonly string[] {
  const address = parseIpAddress(text.replace(/\/.*/, ''));
  return address === undefined || sameAddress(address, prefix.network) ? [] : [`${place}: ${text} means ${formatPrefix(prefix)}`];
}
