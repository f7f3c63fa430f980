import { spawnSync } from 'node:child_process';

// A new network namespace has its loopback down; and files of a run that was killed are gone with the sandbox.
const prepare = 'ip link set lo up && mount -t tmpfs sandbox /mnt && export TMPDIR=/mnt && exec "$@"';

/**
 * The command words that start a program in network, mount and process namespaces of its own: what the lab does there never
 * touches the host, and everything in it ends with it. Without root, a user namespace is added in which the user is root.
 * Ends the process with 1 where neither is to be had.
 */
export function sandboxWords() {
  const words = ['unshare', '--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];
  if (process.getuid() !== 0) words.push('--user', '--map-root-user');
  const tried = spawnSync(words[0], [...words.slice(1), 'true'], { encoding: 'utf8' });
  if (tried.status === 0) return [...words, 'sh', '-c', prepare, 'sandbox'];
  console.error(
    `The test network needs namespaces, and this machine refuses them:\n  ${words.join(' ')} true\n  ${(tried.stderr || tried.error?.message || '').trim()}\n` +
      'Run it as root, or allow user namespaces (sysctl user.max_user_namespaces, kernel.unprivileged_userns_clone, kernel.apparmor_restrict_unprivileged_userns=0).',
  );
  process.exit(1);
}
