import { networkInterfaces } from 'node:os';
import { type IpAddress, parseIpAddress } from './ip-address.ts';

/** The addresses of this network namespace's interfaces that are up, loopback included. A fresh answer from the kernel at each call. */
export function readOwnAddresses(): readonly IpAddress[] {
  return Object.values(networkInterfaces())
    .flatMap((entries) => entries ?? [])
    .flatMap(({ address }) => parseIpAddress(address.replace(/%.*/, '')) ?? []);
}
