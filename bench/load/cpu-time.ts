import { readFileSync } from 'node:fs';

/** USER_HZ, which is 100 on every architecture that we run on (proc(5)). */
const ticksPerSecond = 100;

/** utime + stime of /proc/PID/stat, in seconds. The command may contain blanks and brackets. */
export function parseCpuTime(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

/** CPU time of a process and its descendants that live, in seconds. */
export function readCpuTime(pid: number): number {
  return processTree(pid).reduce((sum, each) => sum + parseCpuTime(readFileSync(`/proc/${each}/stat`, 'utf8')), 0);
}

/** The process and its descendants. */
export function processTree(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return [pid, ...(children === '' ? [] : children.split(' ').flatMap((child) => processTree(Number(child))))];
}
