import type { Split } from "../wire/messages.ts";

/** What people are told of a break of the segment that is over. */
export function splitText(
  node: string,
  { interface: name, peer, address, addresses, lastedMs }: Split,
): string {
  const what = addresses === 1 ? address : `${addresses} addresses (${address} among them)`;
  return `Nodes ${node} and ${peer} both announced ${what} on ${name} for at most ${(lastedMs / 1000).toFixed(1)} s, since neither heard the other; ${node} has given way. Look for what cut them off from each other: switch, cable, or a firewall.`;
}
