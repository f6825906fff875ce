import { DRAIN_ANNOTATION } from "@fairlead/api/moves.ts";
import { speakers, virtualIPs } from "@fairlead/api/resources.ts";
import type { VirtualIP } from "@fairlead/api/virtual-ip.ts";
import { attempt, inCluster } from "../attempt.ts";
import { ExitStatus } from "../exit-status.ts";
import { line } from "../printable.ts";
import type { Surroundings } from "../surroundings.ts";
import { Departures } from "./departures.ts";
import { follow } from "./follow.ts";
import type { MovingOptions } from "./options.ts";
import { moveText, reportJson, waitingText } from "./report.ts";
import { isOn, whyStillThere } from "./whereabouts.ts";

export interface DrainOptions extends MovingOptions {
  readonly node: string;
  readonly undo: boolean;
}

/** `fairlead drain`. */
export async function runDrain(options: DrainOptions, surroundings: Surroundings): Promise<ExitStatus> {
  return await inCluster(options, surroundings, async (client) => {
    const { node, undo, output, waitSeconds } = options;
    const { clock, out, err, program } = surroundings;
    const text = output === "text";
    const list = () => attempt("list", virtualIPs, client.list(virtualIPs));
    const departures = new Departures(node);
    if (!undo) departures.look(await list());
    const patch = { metadata: { annotations: { [DRAIN_ANNOTATION]: undo ? null : "true" } } };
    const absent = `there is no Speaker ${node}, so no speaker has run on such a node; see kubectl get speaker`;
    await attempt("patch", speakers, client.patch(speakers, { name: node }, patch), absent);
    if (undo) {
      if (text)
        out(line(`took ${DRAIN_ANNOTATION} off Speaker ${node}; addresses do not come back by themselves`));
      else out(reportJson({ node, moves: [], waiting: [] }));
      return ExitStatus.Fine;
    }
    if (text) out(line(`wrote ${DRAIN_ANNOTATION}: true to Speaker ${node}`));
    const look = async (): Promise<readonly VirtualIP[]> => {
      const objects = await list();
      const gone = departures.look(objects);
      if (text) for (const move of gone) out(moveText(move));
      return objects.filter((one) => isOn(one, node));
    };
    const waitMs = waitSeconds * 1000;
    const left = await follow({ clock, waitMs, look, done: ({ length }) => length === 0 });
    const waiting = left.map((one) => whyStillThere(one, node));
    if (!text) out(reportJson({ node, moves: departures.moves, waiting }));
    else if (waiting.length === 0) out(line(`no address is on ${node}`));
    for (const one of text ? waiting : [])
      err(`${program}: ${waitingText(one, `still on node ${node} after ${waitSeconds} s`)}`);
    return waiting.length === 0 ? ExitStatus.Fine : ExitStatus.NotYet;
  });
}
