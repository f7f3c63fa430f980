/**
 * Whether Kubernetes set the variable and not the user. A Service `egress-http-proxy` gives every pod of its namespace an
 * EGRESS_HTTP_PROXY_PORT of the form `tcp://10.0.0.1:8080` (enableServiceLinks, on by default).
 */
export function isServiceLink(text: string): boolean {
  return /^(tcp|udp|sctp):\/\//.test(text);
}

/** Whether the variable is one of those that such a Service gives: its address, its ports by number and by name, and one port after the other. */
export function isServiceVariable(name: string, value: string): boolean {
  return (
    /_SERVICE_(HOST|PORT(_\w+)?)$|_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$/.test(name) ||
    (name.endsWith('_PORT') && isServiceLink(value))
  );
}
