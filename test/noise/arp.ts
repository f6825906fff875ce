import { ARP_DROP_REASONS } from "@fairlead/speaker/layer2/arp/responder.ts";
import { ArpPort } from "@fairlead/speaker/layer2/interfaces/arp-port.ts";
import { hex } from "@fairlead/speaker/testing/values.ts";
import type { Dice } from "../simulation/dice.ts";
import { Sightings } from "./sightings.ts";
import { type Outcome, type Trial, Violation } from "./trial.ts";
import {
  CARETAKEN4,
  expectSame,
  frameTrial,
  HOLDER,
  isAt,
  isOneOfAt,
  isStation,
  NoiseSocket,
  type NoisyFrame,
  OURS,
  OWN4,
  SPEAKER,
  tableOfTheWorld,
  WATCHED4,
} from "./wire-world.ts";

const BROADCAST = hex("ff ff ff ff ff ff");
/** EtherType, hardware and protocol type, their lengths. */
const HEADER = hex("0806 0001 0800 06 04");
const ASKING = "ff ff ff ff ff ff  02 00 00 00 00 0a  0806 0001 0800 06 04 0001";
const TELLING = "ff ff ff ff ff ff  02 00 00 00 00 0a  0806 0001 0800 06 04 0002";

/** Sound frames that noise is made of. */
export const ARP_SAMPLES: readonly Uint8Array[] = [
  `${ASKING} 02000000000a c0000202 000000000000 c0000264`,
  `${ASKING} 02000000000a c0000202 000000000000 c0000265 ${"00".repeat(18)}`,
  `${ASKING} 02000000000b c0000203 000000000000 c0000268`,
  `${ASKING} 02000000000a 00000000 000000000000 c0000264`,
  `020000000002 02000000000a 0806 0001 0800 06 04 0001 02000000000a c0000202 000000000000 c0000264`,
  `${ASKING} 02000000000a c0000264 000000000000 c0000264`,
  `${TELLING} 02000000000a c00002fe 02000000000a c00002fe`,
  `020000000002 02000000000a 0806 0001 0800 06 04 0002 02000000000a c00002fe 020000000002 c0000201`,
  `${TELLING} 02000000000d c0000268 02000000000d c0000268`,
].map(hex);

/** ARP (RFC 826, RFC 5227) through its port. */
export function arpNoise(dice: Dice): Trial {
  const table = tableOfTheWorld();
  const socket = new NoiseSocket();
  const sightings = new Sightings();
  const port = new ArpPort({
    table,
    counts: { arp: socket.counts, ndp: socket.counts },
    openSocket: socket.open,
    memberships: () => ({ join: () => undefined, leave: () => {}, close: () => {} }),
    beforeFrame: () => sightings.clear(),
    onSeen: sightings.add,
    onError: () => {},
    onGroupFailure: () => {},
  });
  port.open();
  const check = (frame: NoisyFrame, outcome: Outcome): void => {
    const bytes = frame.bytes.subarray(0, frame.length);
    const due = isDue(frame) && !table.silent;
    if (due !== (outcome === "Answer"))
      throw new Violation(`${outcome}, and an answer is ${due ? "" : "not "}due`, bytes);
    if (due) expectSame("the answer", socket.sent[0], answerTo(bytes), bytes);
    sightings.check(bytes, [...OWN4, CARETAKEN4, WATCHED4], 28, 22);
    const matters = due || outcome === "ForeignClaim" || sightings.any;
    if (matters && !socket.passes(bytes, frame.packetType))
      throw new Violation(`${outcome} is filtered out`, bytes);
  };
  return frameTrial({
    ...{ dice, table, socket, samples: ARP_SAMPLES, reasons: ARP_DROP_REASONS, check },
    ...{ seal: () => {}, stateless: true },
  });
}

/** Whether RFC 826 has this frame answered, by the table of the world. */
function isDue({ bytes, length, packetType }: NoisyFrame): boolean {
  if (length < 42 || packetType > 2 || !isAt(bytes, 12, HEADER) || !isAt(bytes, 20, Uint8Array.of(0, 1)))
    return false;
  if (!isAt(bytes, 0, BROADCAST) && !isAt(bytes, 0, OURS)) return false;
  if (isAt(bytes, 6, OURS) || isAt(bytes, 22, OURS) || !isStation(bytes, 22)) return false;
  const [first = 255] = bytes.subarray(28, 29);
  if (first === 127 || first >= 224 || isOneOfAt(bytes, 28, [...OWN4, CARETAKEN4])) return false;
  if (isAt(bytes, 38, CARETAKEN4)) return !isAt(bytes, 22, SPEAKER) && !isAt(bytes, 22, HOLDER);
  return isOneOfAt(bytes, 38, OWN4);
}

function answerTo(request: Uint8Array): Uint8Array {
  const at = (offset: number, length: number): Uint8Array => request.subarray(offset, offset + length);
  const mac = isAt(request, 38, CARETAKEN4) ? HOLDER : OURS;
  return Buffer.concat([at(22, 6), OURS, HEADER, Uint8Array.of(0, 2), mac, at(38, 4), at(22, 6), at(28, 4)]);
}
