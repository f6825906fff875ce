/** A moment as the API server writes it: RFC 3339 in UTC, to the second. */
export function timestampOf(moment: Date): string {
  return moment.toISOString().replace(/\.\d+Z$/, "Z");
}
