import type { Environment } from './list-source.ts';

/** The entry points of the images that this one replaces: the variable that each cannot do without, and those that it never looks at. */
const entryPoints: Readonly<Record<string, { readonly needs: string; readonly ignores: RegExp }>> = {
  'egress-router.sh': { needs: 'EGRESS_SOURCE', ignores: /^EGRESS_(HTTP|DNS)_PROXY_(DESTINATION(_FILE)?|MODE)$/ },
  'egress-http-proxy.sh': {
    needs: 'EGRESS_HTTP_PROXY_DESTINATION',
    ignores: /^EGRESS_(SOURCE|GATEWAY|ROUTER_MODE|DNS_PROXY_(DESTINATION(_FILE)?|MODE))$/,
  },
  'egress-dns-proxy.sh': {
    needs: 'EGRESS_DNS_PROXY_DESTINATION',
    ignores: /^EGRESS_(SOURCE|GATEWAY|ROUTER_MODE|HTTP_PROXY_(DESTINATION(_FILE)?|MODE))$/,
  },
};

/**
 * The variables as the entry point of that name saw them, so that they tell its role and no other: without those that it did not look at, and with
 * the one that it needs, empty where it is missing, so that this is an error. Any other name sees all of them as they are.
 */
export function variablesFor(programName: string, env: Environment): Environment {
  const entryPoint = Object.hasOwn(entryPoints, programName) ? entryPoints[programName] : undefined;
  if (entryPoint === undefined) return env;
  const { needs, ignores } = entryPoint;
  const seen = Object.fromEntries(Object.entries(env).filter(([name]) => !ignores.test(name)));
  return env[needs] === undefined && !env[`${needs}_FILE`]?.trim() ? { ...seen, [needs]: '' } : seen;
}
