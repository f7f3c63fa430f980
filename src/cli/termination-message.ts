/** Bytes of a termination message that the kubelet keeps (core/v1 Container, terminationMessagePath). */
const limit = 4096;

/** What the kubelet shows in the pod's status as the reason of the end: whole lines from the beginning, and how many more the log has. */
export function terminationMessage(text: string): string {
  if (Buffer.byteLength(text) <= limit) return text;
  const lines = text.trimEnd().split('\n');
  let fitting = lines.length;
  const message = () => [...lines.slice(0, fitting), `and ${lines.length - fitting} lines more, in the log\n`].join('\n');
  while (fitting > 0 && Buffer.byteLength(message()) > limit) fitting -= 1;
  return message();
}
