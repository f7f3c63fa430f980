import type { Lab } from './lab.ts';
import { apiPort } from './plan-cluster.ts';
import { type Servers, serve } from './serve.ts';

/** Starts what stands for the Kubernetes API, behind its Service: a TCP server that echoes. It ends with the lab. */
export async function startKubernetesApi(lab: Lab): Promise<Servers> {
  return lab.attach(await serve(lab.host('api'), [{ kind: 'tcp-echo', port: apiPort }]));
}
