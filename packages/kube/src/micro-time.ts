/** The API's `MicroTime`: RFC 3339 with exactly six digits after the second. It rejects any other number of digits. */
export function microTime(wall: Date): string {
  return wall.toISOString().replace("Z", "000Z");
}
