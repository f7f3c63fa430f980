/**
 * What the image takes from which Debian package: files, and folders with all that is in them. Paths are relative to the root, after /bin, /sbin
 * and /lib were merged into /usr. Programs bring the shared libraries that they need, whichever of the packages has them.
 */
export const contents: Readonly<Record<string, readonly string[]>> = {
  nftables: ['usr/sbin/nft'],
  // The names of tables, scopes and protocols, in which `ip` lists.
  iproute2: ['usr/sbin/ip', 'etc/iproute2'],
  'iputils-arping': ['usr/bin/arping'],
  'iputils-ping': ['usr/bin/ping'],
  conntrack: ['usr/sbin/conntrack'],
  // getprotobyname(3): without it, listings of `nft` and `ip rule` have numbers for tcp, udp and sctp.
  netbase: ['etc/protocols'],
  'ca-certificates': ['usr/share/ca-certificates/mozilla'],
  tzdata: ['usr/share/zoneinfo'],
  // The licences that the copyright files name, and the release that scanners ask for.
  'base-files': ['usr/share/common-licenses', 'usr/lib/os-release', 'etc/os-release'],
  // Where the copyright of the three libraries of GCC is.
  'gcc-12-base': [],
  libatomic1: [],
  libbpf1: [],
  libbsd0: [],
  libc6: [],
  libcap2: [],
  libedit2: [],
  libelf1: [],
  'libgcc-s1': [],
  libgmp10: [],
  'libidn2-0': [],
  libjansson4: [],
  libmd0: [],
  libmnl0: [],
  'libnetfilter-conntrack3': [],
  libnfnetlink0: [],
  libnftables1: [],
  libnftnl11: [],
  'libstdc++6': [],
  libtinfo6: [],
  libunistring2: [],
  libxtables12: [],
  zlib1g: [],
};

/** What the packages have at a path that is taken, and nobody asks for: zones with leap seconds, and all zones a second time. */
export const leftOut: readonly string[] = ['usr/share/zoneinfo/right', 'usr/share/zoneinfo/posix'];

/** Files that no package brings. Nobody logs in; the names are for people who look at processes. */
export const writtenFiles: Readonly<Record<string, string>> = {
  'etc/passwd': 'root:x:0:0:root:/:/nonexistent\negress-router:x:65532:65532:egress-router:/:/nonexistent\n',
  'etc/group': 'root:x:0:\negress-router:x:65532:\n',
  'etc/nsswitch.conf': 'hosts: files dns\nprotocols: files\n',
  'etc/hostname': '',
  'etc/hosts': '',
  'etc/resolv.conf': '',
};

/** Folders that container runtimes mount on, as on the last three files above: they are there, for the root may be read-only. */
export const mountPoints: readonly string[] = ['dev', 'proc', 'sys'];

/** Merged folders of the root, as in Debian. */
export const mergedFolders: readonly string[] = ['bin', 'sbin', 'lib', 'lib64'];
