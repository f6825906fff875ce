/** A line of output. */
export function line(text: string): string {
  return `${printable(text)}\n`;
}

/** What a file or a cluster holds must not reach the terminal as a command, nor turn the text around. */
export function printable(line: string): string {
  return line.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (odd) => {
    return `\\u${(odd.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`;
  });
}
