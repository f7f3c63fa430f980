// A proxy in a process of its own, for tests that need one: prints its port, and logs as the router does.
import { readFileSync } from 'node:fs';
import { parseAccessList } from '../../../src/config/access-list.ts';
import { parseSettings } from '../../../src/config/parse-settings.ts';
import { startHttpProxy } from '../../../src/http-proxy/start-http-proxy.ts';
import { readDescriptors } from '../../../src/net/descriptors.ts';
import { dial } from '../../../src/net/dial.ts';
import { readOwnAddresses } from '../../../src/net/own-addresses.ts';
import { openLog } from '../../../src/observe/log.ts';

const { value: list } = parseAccessList({ variable: 'LIST', text: process.argv.slice(2).join('\n') }, []);
const { value: settings } = parseSettings({});
if (list === undefined || settings === undefined) throw new Error('the list is no list');
const proxy = await startHttpProxy(
  list,
  {
    settings: { ...settings, httpProxyPort: 0 },
    clients: { prefixes: undefined, users: undefined },
    cluster: { nameservers: [], apiServer: undefined, cidrs: [] },
  },
  {
    dial,
    descriptors: readDescriptors,
    readFile: (path) => readFileSync(path, 'utf8'),
    startPasswordWorker: () => {
      throw new Error('there are no users here');
    },
    log: openLog('info', false),
    ownAddresses: readOwnAddresses,
    resolve: async (name) => {
      throw new Error(`nobody resolves ${name} here`);
    },
  },
);
process.stdout.write(`port ${proxy.port}\n`);
