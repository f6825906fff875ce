/** A number and what it counts: `1 error`, `2 errors`. @param many @default `one` with an s */
export function formatCount(count: number | bigint, one: string, many = `${one}s`): string {
  return `${count} ${BigInt(count) === 1n ? one : many}`;
}
