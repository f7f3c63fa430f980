/** Three significant digits, thousands with commas: `13,200`, `0.452`. */
export function formatValue(value: number): string {
  return value.toLocaleString('en-US', { maximumSignificantDigits: 3 });
}

/** `1.31x`. */
export function formatRatio(ratio: number): string {
  return `${ratio.toFixed(2)}x`;
}

/** `98%`. */
export function formatShare(share: number): string {
  return `${Math.round(share * 100)}%`;
}
