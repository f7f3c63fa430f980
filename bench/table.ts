import { formatRatio, formatShare, formatValue } from './number-format.ts';
import { formatGoal, isMet, isSaturated, type Row } from './row.ts';

const heads = [
  'work',
  'unit',
  'ours',
  'peer',
  'peer is',
  'ratio',
  'min - max',
  'core busy',
  'CPU us, ours / peer',
  'CPU ratio',
  'goal',
  '',
];

/** The rows as a Markdown table, aligned so that a terminal shows it well. CPU is microseconds of the proxy for one of what is counted. */
export function formatTable(rows: readonly Row[]): string {
  const lines = [heads, ...rows.map(cells)];
  const widths = heads.map((_, column) => Math.max(3, ...lines.map((line) => line[column]?.length ?? 0)));
  const format = (line: readonly string[]) => `| ${widths.map((width, column) => (line[column] ?? '').padEnd(width)).join(' | ')} |`;
  return [format(heads), format(widths.map((width) => '-'.repeat(width))), ...lines.slice(1).map(format)].join('\n');
}

function cells(row: Row): string[] {
  const { busy, cpu } = row;
  const met = isMet(row);
  return [
    row.work,
    row.unit,
    formatValue(row.ours),
    formatValue(row.peer),
    row.peerName,
    formatRatio(row.ratio),
    row.spread.map(formatRatio).join(' - '),
    busy === undefined ? '' : `${formatShare(busy.ours)} / ${formatShare(busy.peer)}${isSaturated(row) ? '' : ' not saturated'}`,
    cpu === undefined ? '' : `${formatValue(cpu.ours)} / ${formatValue(cpu.peer)} a ${cpu.per}`,
    cpu === undefined ? '' : formatRatio(cpu.ratio),
    formatGoal(row),
    met === undefined ? '' : met ? 'met' : 'NOT MET',
  ];
}
