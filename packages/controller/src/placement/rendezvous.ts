/** A number from 0 to 2^32 - 1 that is always the same for the same text and evenly spread (FNV-1a, mixed as murmur3 does at its end). */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/**
 * How much the two belong together: of several nodes the one with the highest number is chosen, so that one that comes or goes
 * changes only what is its own (rendezvous hashing).
 */
export function affinity(owner: string, node: string): number {
  return hashOf(`${owner}/${node}`);
}
