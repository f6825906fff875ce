import { sameClaim } from "@fairlead/takeover/claims/claim.ts";
import type { VirtualIp } from "./api.ts";
import type { Lan } from "./lan.ts";
import type { Station } from "./station.ts";
import type { World } from "./world.ts";

/** Invariant 4: on each segment one holder, record = wire, no caretaker, client caches right. */
export function unsettled(world: World, ends: "Record" | "Wire" | "Open"): readonly string[] {
  if (ends === "Open") return [];
  return world.api.objects.flatMap((object) =>
    object.segments.flatMap((segment) => {
      const lan = world.lans[segment - 1];
      return lan === undefined ? [] : unsettledOn(lan, object, ends);
    }),
  );
}

function unsettledOn(lan: Lan, object: VirtualIp, ends: "Record" | "Wire"): readonly string[] {
  const { address, placement } = object;
  const name = `${address.text} on lan ${lan.number}`;
  const holders = lan.stations.filter((station) => station.answerFor(address) === station.mac);
  const [holder] = holders;
  if (holder === undefined || holders.length > 1)
    return [`${name} is announced by ${holders.length} nodes: ${names(holders)}`];
  const problems: string[] = [];
  const caretakers = lan.stations.filter((station) => station.caretakes(address));
  if (caretakers.length > 0) problems.push(`${name} is still caretaken by ${names(caretakers)}`);
  if (lan.clients.some((client) => client.macOf(address) !== holder.mac))
    problems.push(`a client does not send ${name} to ${names([holder])}`);
  if (ends === "Wire") return problems;
  const claim = holder.claims.get(address.text);
  const { nodes, epoch } = placement;
  if (nodes[0] !== holder.machine.name || claim?.epoch !== epoch)
    problems.push(`${name} is recorded at ${nodes[0]}, epoch ${epoch}, held by ${names([holder])}`);
  for (const { node, interface: on, claim: told } of object.announcers.values()) {
    const isLive = lan.stations.some(({ machine }) => machine.name === node && machine.hasSpeaker);
    if (on === `lan${lan.number}` && isLive && (node !== holder.machine.name || !sameClaim(told, claim)))
      problems.push(`the status of ${node} for ${name} is not what the wire says`);
  }
  return problems;
}

function names(stations: readonly Station[]): string {
  return stations.map(({ machine }) => machine.name).join(", ") || "none";
}
