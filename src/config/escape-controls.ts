/**
 * Text on one line that a terminal takes for nothing but text: controls (of Unicode too: one of those begins what a terminal obeys) and the two
 * other line ends are written as `\uXXXX`, which in JSON is the same text.
 */
export function escapeControls(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
