import { setTimeout as sleep } from 'node:timers/promises';
import { parseRouterConfig } from '../config/parse-router-config.ts';
import type { RouterConfig } from '../config/router-config.ts';
import { openHealth } from '../observe/health.ts';
import type { Log } from '../observe/log.ts';
import type { Watch } from '../source-ip/watch.ts';
import { type Carrier, startCarrier } from './carrier.ts';
import type { Effects, ExitCode } from './effects.ts';
import { startNetwork } from './network.ts';
import { printPlan } from './plan.ts';
import { openRouterLog } from './router-log.ts';

/**
 * The main container: carries the mode until SIGTERM, then drains.
 * @throws ConfigError, RouterError
 */
export async function run(effects: Effects): Promise<ExitCode> {
  const config = parseRouterConfig({ env: effects.env, command: 'run', readFile: effects.readFile });
  if (config.printOnly) {
    await printPlan(config, false, effects);
    return 0;
  }
  return serve(config, openRouterLog(config, effects), effects);
}

/**
 * Watches the network, answers probes, and carries the mode once the network is as `setup` leaves it: before that, a connection
 * could leave from another address. Ends after SIGTERM, when all open connections have ended or the grace period is over.
 * @throws RouterError LISTEN_FAILED
 */
export async function serve(config: RouterConfig, log: Log, effects: Effects): Promise<ExitCode> {
  const drain = effects.drainOnTerminate();
  const { mode } = config.carry;
  let notCarrying: string[] = ['starting'];
  let watch: Watch | undefined;
  let carrier: Carrier | undefined;
  await using cleanup = new AsyncDisposableStack();

  const { healthPort } = config.settings;
  if (healthPort !== undefined) {
    const health = await openHealth(healthPort, {
      notAlive: () => carrier?.stalled() ?? [],
      notReady: () => [...notCarrying, ...(watch?.reasons() ?? [])],
    });
    cleanup.defer(() => health.close());
  }
  const network = await startNetwork(config, log, effects);
  watch = network.watch;
  cleanup.defer(() => network.close());
  await untilReady(watch, drain, log);
  if (drain.aborted) return 0;

  carrier = await startCarrier(config, log, effects);
  notCarrying = [];
  log.info({ mode, ports: carrier.ports, healthPort }, 'ready');
  await untilAborted(drain);
  notCarrying = ['draining'];
  log.info({ gracePeriodMs: config.settings.gracePeriod }, 'draining');
  await carrier.close(AbortSignal.timeout(config.settings.gracePeriod));
  log.info({}, 'ended');
  return 0;
}

async function untilReady(watch: Watch, drain: AbortSignal, log: Log): Promise<void> {
  if (watch.reasons().length > 0) log.warn({ reasons: watch.reasons() }, 'waiting for setup');
  while (watch.reasons().length > 0 && !drain.aborted) await sleep(100);
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
