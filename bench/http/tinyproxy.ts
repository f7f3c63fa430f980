/** tinyproxy's configuration: everything is allowed, nothing is logged, as many clients as the benchmark has. It knows no list of ours. */
export function formatTinyproxyConfiguration(port: number): string {
  return `${[`Port ${port}`, 'Timeout 600', 'MaxClients 1000', 'LogLevel Critical', 'LogFile "/dev/null"', 'DisableViaHeader No'].join(
    '\n',
  )}\n`;
}
