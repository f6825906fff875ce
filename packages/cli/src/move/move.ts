import { MOVE_TO_ANNOTATION } from "@fairlead/api/moves.ts";
import { virtualIPs } from "@fairlead/api/resources.ts";
import { addressOfVirtualIPName, virtualIPName } from "@fairlead/api/virtual-ip-name.ts";
import { parseAddress } from "@fairlead/net/address.ts";
import { attempt, inCluster } from "../attempt.ts";
import { ExitStatus } from "../exit-status.ts";
import { line } from "../printable.ts";
import type { Surroundings } from "../surroundings.ts";
import { follow } from "./follow.ts";
import type { MovingOptions } from "./options.ts";
import { moveText, reportJson, waitingText } from "./report.ts";
import { hasArrived, nodesOf, whyNotThere } from "./whereabouts.ts";

export interface MoveOptions extends MovingOptions {
  /** The address as people write it, or the name of its VirtualIP. */
  readonly vip: string;
  readonly to: string;
}

/** `fairlead move`. */
export async function runMove(options: MoveOptions, surroundings: Surroundings): Promise<ExitStatus> {
  const { program, err } = surroundings;
  const named = addressOfVirtualIPName(options.vip);
  const parsed = named === undefined ? parseAddress(options.vip) : { ok: true as const, value: named };
  if (!parsed.ok) {
    err(line(`${program}: the address ${parsed.error}`));
    return ExitStatus.Usage;
  }
  const address = parsed.value.text;
  const name = virtualIPName(parsed.value);
  return await inCluster(options, surroundings, async (client) => {
    const { to: node, output, waitSeconds } = options;
    const { clock, out } = surroundings;
    const absent = `there is no VirtualIP of ${address}, so nobody holds it; see kubectl get vip`;
    const get = () => attempt("get", virtualIPs, client.get(virtualIPs, { name }), absent);
    const from = nodesOf(await get());
    const patch = { metadata: { annotations: { [MOVE_TO_ANNOTATION]: node } } };
    await attempt("patch", virtualIPs, client.patch(virtualIPs, { name }, patch), absent);
    const text = output === "text";
    if (text) out(line(`wrote ${MOVE_TO_ANNOTATION}: ${node} to VirtualIP ${name}`));
    const seen = await follow({
      clock,
      waitMs: waitSeconds * 1000,
      look: get,
      done: (object) => hasArrived(object, node),
    });
    const arrived = hasArrived(seen, node);
    const stayed = from.length === 1 && from[0] === node;
    const moves = arrived && !stayed ? [{ address, from, to: [node] }] : [];
    const waiting = arrived ? [] : [whyNotThere(seen, node)];
    if (!text) out(reportJson({ node, moves, waiting }));
    else if (arrived) out(stayed ? line(`${address}: on ${node} already`) : moves.map(moveText).join(""));
    for (const one of text ? waiting : [])
      err(`${program}: ${waitingText(one, `not on node ${node} after ${waitSeconds} s`)}`);
    return arrived ? ExitStatus.Fine : ExitStatus.NotYet;
  });
}
