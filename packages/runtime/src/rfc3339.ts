/** The moment as the API server writes it in conditions: whole seconds, UTC. */
export function rfc3339(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`;
}
