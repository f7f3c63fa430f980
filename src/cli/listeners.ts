import type { RouterConfig } from '../config/router-config.ts';

/** A port that `run` listens on, and what for. */
export interface PlannedListener {
  readonly port: number;
  readonly purpose: string;
  /** The lines of the list that it carries, as they were given. */
  readonly lines: readonly string[];
}

/** The ports that `run` would open. Redirect mode has none but health: the kernel carries it. */
export function describeListeners({ carry, settings }: RouterConfig): PlannedListener[] {
  const health = settings.healthPort === undefined ? [] : [{ port: settings.healthPort, purpose: 'health', lines: [] }];
  switch (carry.mode) {
    case 'redirect':
      return health;
    case 'http-proxy':
      return [...health, { port: settings.httpProxyPort, purpose: 'HTTP proxy', lines: carry.rules.map(({ text }) => text) }];
    case 'dns-proxy':
      return [...health, ...carry.routes.map(({ port, text }) => ({ port, purpose: 'DNS proxy', lines: [text] }))];
  }
}

/** The listeners as text, one a line, with their list lines below. */
export function formatListeners(listeners: readonly PlannedListener[]): string {
  return listeners
    .map(({ port, purpose, lines }) => `# listen on TCP port ${port}: ${purpose}\n${lines.map((line) => `#   ${line}\n`).join('')}`)
    .join('');
}
