import type { Family } from '../net/ip-address.ts';

/** Routing table with the gateway's route: what is looked up here leaves by the external interface or not at all. 0x4552 is "ER". */
export const externalTable = 17746;

/** The kernel's own number of table `main` (linux/rtnetlink.h). */
export const mainTable = 254;

/** Firewall mark of ICMP errors that must leave by the external interface. Nothing else carries it. */
export const icmpErrorMark = 0x4552;

/**
 * Priorities of our policy rules; others leave 17739 to 17745 to us. Each family has the same.
 * `iif lo` in a rule means what this pod itself sends (ip-rule(8)).
 */
export const priority = {
  /** Before `fromPod`: the kernel makes IPv4 errors from the pod's address, and only afterwards they are marked and routed anew. */
  icmpErrors: 17739,
  fromPod: 17740,
  toCluster: 17741,
  fromSource: 17742,
  errorsToClients: 17743,
  opened: 17744,
  redirected: 17745,
} as const;

/** Last metric that no sane route has: the unreachable route decides only where there is no other. */
export const unreachableMetric = 4278198272;

/** Protocol numbers (IANA). Numbers, because names need /etc/protocols, which slim images lack. */
export const protocolNumber = { icmp: 1, tcp: 6, udp: 17, icmpv6: 58, sctp: 132 } as const;

/** The option of ip(8) that chooses the family. */
export function familyOption(family: Family): '-4' | '-6' {
  return family === 'ipv4' ? '-4' : '-6';
}
