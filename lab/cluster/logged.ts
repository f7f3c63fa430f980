/** The command words that run `words` with everything it writes appended to `file`; the program keeps the process id of the shell. */
export function logged(file: string, words: readonly string[]): readonly string[] {
  return ['sh', '-c', 'log=$1; shift; exec "$@" >>"$log" 2>&1', 'sh', file, ...words];
}
