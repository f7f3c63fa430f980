import { styleText } from 'node:util';

/** Tells the story of the demo, and keeps account of what was not as promised. */
export class Report {
  #broken = 0;

  /** How many promises were broken so far. */
  get broken(): number {
    return this.#broken;
  }

  heading(text: string): void {
    console.log(`\n${styleText('bold', `── ${text} ${'─'.repeat(Math.max(0, 96 - text.length))}`)}`);
  }

  say(...lines: readonly string[]): void {
    for (const line of lines) console.log(`  ${line}`);
  }

  /** A command as a person would type it. */
  command(where: string, line: string): void {
    console.log(`  ${styleText('dim', `${where} $`)} ${styleText('cyan', line)}`);
  }

  /** Something that this program promises; `seen` is what really happened. */
  promise(promised: string, kept: boolean, seen: string): void {
    if (!kept) this.#broken += 1;
    const sign = kept ? styleText('green', '✓') : styleText('red', '✗ NOT AS PROMISED:');
    console.log(`  ${sign} ${promised}\n    ${styleText('dim', seen.trim().replaceAll('\n', '\n    '))}`);
  }
}
