import assert from 'node:assert/strict';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { parseRouterConfig } from '../../src/config/parse-router-config.ts';
import type { RouterConfig } from '../../src/config/router-config.ts';
import { plainVariables, settingVariables } from '../../src/config/variables.ts';
import { type Container, environment, type Manifest, manifests, routerPods } from './manifests.ts';

for (const { manifest, pod } of routerPods) {
  const name = `${manifest.kind} ${manifest.metadata?.name} of ${manifest.file}`;
  const init = pod.initContainers?.[0];
  const [main] = pod.containers;

  test(`${name}: each container has a valid configuration without notices, for one mode`, () => {
    const mainConfig = configuration(main, manifest.file);
    assert.equal(mainConfig.role, init === undefined ? 'legacy' : 'run');
    if (init === undefined) return;
    const initConfig = configuration(init, manifest.file);
    assert.deepEqual([initConfig.role, initConfig.carry.mode], ['setup', mainConfig.carry.mode]);
  });

  test(`${name}: its Service leads to ports that are carried, and a pod that declares ports declares those`, () => {
    const declared = (main.ports ?? []).map(({ containerPort }) => containerPort);
    const served = serviceOf(manifest)?.spec?.ports?.map(({ port, targetPort }) => targetPort ?? port) ?? declared;
    const carries = init === undefined ? main : carrierOf(init, main);
    assert.deepEqual(
      served.filter((port) => !isCarried(port, configuration(carries, manifest.file))),
      [],
    );
    if (declared.length > 0) assert.deepEqual(declared, served);
  });

  if (manifest.file.startsWith('deploy/legacy/')) continue;

  test(`${name}: setup has two capabilities; the main container has none, is not root and cannot write`, () => {
    assert.ok(init);
    assert.deepEqual(init.securityContext?.capabilities, { drop: ['ALL'], add: ['NET_ADMIN', 'NET_RAW'] });
    assert.equal(init.securityContext?.runAsUser, 0); // another user loses added capabilities with execve(2)
    assert.deepEqual(main.securityContext?.capabilities, { drop: ['ALL'] });
    assert.notEqual(main.securityContext?.runAsUser ?? 0, 0);
    assert.equal(main.securityContext?.readOnlyRootFilesystem, true);
  });

  test(`${name}: probes ask paths and a port that answer, and the status holds the problems of the configuration`, () => {
    const port = Number(settingVariables.healthPort.default);
    assert.deepEqual(main.readinessProbe?.httpGet, { path: '/readyz', port });
    if (manifest.kind === 'Deployment') assert.deepEqual(main.livenessProbe?.httpGet, { path: '/healthz', port });
    assert.equal(init?.terminationMessagePolicy, 'FallbackToLogsOnError');
  });

  test(`${name}: ports below 1024 are opened to users without a capability where the main container listens on some`, () => {
    const { carry } = configuration(main, manifest.file);
    const low = carry.mode === 'dns-proxy' && carry.routes.some(({ port }) => port < 1024);
    const sysctls = pod.securityContext?.sysctls ?? [];
    assert.deepEqual(sysctls, low ? [{ name: 'net.ipv4.ip_unprivileged_port_start', value: '0' }] : []);
  });
}

test('deploy: every variable of a container is one that the router reads', () => {
  const known = new Set<string>([...Object.keys(plainVariables), ...Object.values(settingVariables).map(({ name }) => name)]);
  for (const { manifest, pod } of routerPods) {
    const variables = [...(pod.initContainers ?? []), ...pod.containers].flatMap(({ env = [] }) => env.map(({ name }) => name));
    assert.deepEqual(
      variables.filter((name) => !known.has(name)),
      [],
      manifest.file,
    );
  }
});

/** As the container would read it, in a cluster. @throws ConfigError */
function configuration(container: Container, file: string): RouterConfig {
  const command = container.args?.[0];
  assert.ok(command === undefined || command === 'setup' || command === 'run');
  const config = parseRouterConfig({ env: environment(container, file), command, readFile: () => 'nameserver 172.30.0.10\n' });
  assert.deepEqual(config.notices, []);
  return config;
}

/** In redirect mode it is the init container that has the list. */
function carrierOf(init: Container, main: Container): Container {
  return init.env?.some(({ name }) => name === 'EGRESS_DESTINATION') ? init : main;
}

function isCarried(port: number, { carry, settings }: RouterConfig): boolean {
  switch (carry.mode) {
    case 'http-proxy':
      return port === settings.httpProxyPort;
    case 'dns-proxy':
      return carry.routes.some((route) => route.port === port);
    case 'redirect':
      return carry.fallbacks.length > 0 || carry.rules.some(({ ports }) => ports.first <= port && port <= ports.last);
  }
}

/** The Service of the same file or, in a base, of the same folder. Its selector must be the pod's labels. */
function serviceOf({ file, kind, metadata, spec }: Manifest): Manifest | undefined {
  const isBeside = (other: string) => other === file || (file.startsWith('deploy/base/') && dirname(other) === dirname(file));
  const service = manifests.find((other) => other.kind === 'Service' && isBeside(other.file));
  if (service !== undefined) assert.deepEqual(service.spec?.selector, kind === 'Pod' ? metadata?.labels : spec?.template?.metadata?.labels);
  return service;
}
