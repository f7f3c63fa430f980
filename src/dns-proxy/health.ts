/** What health checks have said of an endpoint so far. */
export interface Health {
  readonly healthy: boolean;
  /** Whether a check has ever passed. */
  readonly proven: boolean;
  /** Checks in a row that said otherwise than `healthy`. */
  readonly against: number;
}

/** When checks in a row change the state. */
export interface HealthLimits {
  /** Failed ones that take an endpoint out. */
  readonly fall: number;
  /** Good ones that bring it back. */
  readonly rise: number;
}

/** A new endpoint is used at once, and is out with its first failed check: HAProxy's way with a server of which it knows nothing. */
export const untested: Health = { healthy: true, proven: false, against: 0 };

/** The health after one more check. */
export function recordCheck(health: Health, passed: boolean, { fall, rise }: HealthLimits): Health {
  const proven = health.proven || passed;
  if (passed === health.healthy) return { healthy: health.healthy, proven, against: 0 };
  const against = health.against + 1;
  const needed = health.healthy ? (health.proven ? fall : 1) : rise;
  return against < needed ? { ...health, proven, against } : { healthy: passed, proven, against: 0 };
}
