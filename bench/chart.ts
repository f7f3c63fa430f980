import { formatRatio } from './number-format.ts';
import type { Row } from './row.ts';

const width = 760;
const labels = 210;
const rowHeight = 26;
const top = 56;
/** Times as good, at the edges; the scale is logarithmic, so that twice as good and half as good are as long. */
const range = [1 / 4, 8] as const;
const marks = [0.25, 0.5, 1, 2, 4, 8] as const;

/** A bar a row, from 1x (as good as the peer) to the right where ours is better, to the left where it is worse; the thin line is the spread. SVG. */
export function formatChart(rows: readonly Row[]): string {
  const height = top + rows.length * rowHeight + 16;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="sans-serif" font-size="12">
<title>How many times as good as ${escapeText(rows[0]?.peerName ?? '')}</title>
<rect width="${width}" height="${height}" fill="#fff"/>
<text x="16" y="22" font-size="15" font-weight="bold" fill="#222">How many times as good as ${escapeText(rows[0]?.peerName ?? '')}, on the same core</text>
${marks.map((mark) => formatMark(mark, height)).join('\n')}
${rows.map(formatRow).join('\n')}
</svg>
`;
}

function formatMark(mark: number, height: number): string {
  const x = position(mark);
  const color = mark === 1 ? '#222' : '#ddd';
  return `<line x1="${x}" y1="${top - 8}" x2="${x}" y2="${height - 12}" stroke="${color}"/><text x="${x}" y="${top - 13}" text-anchor="middle" fill="#666">${mark}x</text>`;
}

function formatRow(row: Row, index: number): string {
  const y = top + index * rowHeight;
  const [low, high] = row.spread.map((ratio) => position(advantage(row, ratio))).toSorted((a, b) => a - b);
  const gain = advantage(row, row.ratio);
  const [from, to] = [position(1), position(gain)].toSorted((a, b) => a - b);
  const color = gain >= 1 ? '#2f7d4f' : '#b3402f';
  const middle = y + rowHeight / 2;
  return [
    `<text x="16" y="${middle + 4}" fill="#222">${escapeText(row.work)}</text>`,
    `<rect x="${from}" y="${y + 5}" width="${round((to ?? 0) - (from ?? 0))}" height="${rowHeight - 10}" fill="${color}"/>`,
    `<line x1="${low}" y1="${middle}" x2="${high}" y2="${middle}" stroke="#222"/>`,
    `<text x="${width - 16}" y="${middle + 4}" text-anchor="end" fill="#222">${formatRatio(gain)}</text>`,
  ].join('');
}

/** How many times as good: more of what should be high, less of what should be low. */
function advantage({ better }: Row, ratio: number): number {
  return better === 'higher' ? ratio : 1 / ratio;
}

function position(gain: number): number {
  const [least, most] = range;
  const share = Math.log(Math.min(most, Math.max(least, gain)) / least) / Math.log(most / least);
  return round(labels + share * (width - labels - 80));
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
