import { controlInt } from "@fairlead/linux/control-message.ts";
import { RTM_DELADDR, RTM_NEWADDR } from "@fairlead/linux/netlink/address.ts";
import { GatewayTable } from "@fairlead/linux/netlink/gateway-table.ts";
import { InterfaceTable, weakenedInterface } from "@fairlead/linux/netlink/interface-table.ts";
import { RTM_DELLINK, RTM_NEWLINK } from "@fairlead/linux/netlink/link.ts";
import { NLMSG_DONE, NLMSG_ERROR, readErrno, readMessages } from "@fairlead/linux/netlink/message.ts";
import { RTM_DELROUTE, RTM_NEWROUTE } from "@fairlead/linux/netlink/route.ts";
import {
  addressPayload,
  attribute,
  linkPayload,
  message,
  routePayload,
  u32,
  via,
} from "@fairlead/linux/testing/netlink.ts";
import { parseMac } from "@fairlead/net/mac.ts";
import type { Dice } from "../simulation/dice.ts";
import { mutate } from "./mutate.ts";
import { neverThrowing, type Outcome, type Trial, Violation } from "./trial.ts";

const IPV6 = [0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
const HOPS = [...[16, 0, 0, 0], ...u32(6), ...attribute(5, 192, 0, 2, 1)];
const SAMPLES = [
  message(RTM_NEWLINK, 2, 7, linkPayload({ index: 6, name: "eth0", master: 3 })),
  message(RTM_DELLINK, 0, 0, linkPayload({ index: 6, name: "eth0" })),
  message(RTM_NEWADDR, 2, 7, addressPayload(6, [192, 0, 2, 1], 0x80)),
  message(RTM_NEWADDR, 0, 0, addressPayload(6, IPV6, 0x40)),
  message(RTM_DELADDR, 0, 0, addressPayload(6, IPV6)),
  message(RTM_NEWROUTE, 2, 7, routePayload({ attributes: via([192, 0, 2, 1], 6) })),
  message(RTM_NEWROUTE, 0, 0, routePayload({ attributes: attribute(9, ...HOPS, ...HOPS) })),
  message(RTM_DELROUTE, 0, 0, routePayload({ family: 10, attributes: via(IPV6, 6) })),
  message(NLMSG_DONE, 2, 7, u32(0)),
  message(NLMSG_ERROR, 0, 7, [...u32(-16), ...u32(20)]),
].map((bytes) => Uint8Array.from(bytes));
const DATAGRAMS = [
  ...SAMPLES,
  ...SAMPLES.map((one, i) => Uint8Array.of(...one, ...(SAMPLES[(i * 3 + 1) % SAMPLES.length] ?? []))),
];
/** `IP_TTL` 255, and another message before it. */
const CONTROL = [
  Uint8Array.from([...u32(20), ...u32(0), ...u32(0), ...u32(2), ...u32(255), ...u32(0)]),
  Uint8Array.from([
    ...u32(17),
    ...u32(0),
    ...u32(1),
    ...u32(1),
    ...[9, 0, 0, 0, 0, 0, 0, 0],
    ...[...u32(20), ...u32(0), ...u32(0), ...u32(2), ...u32(255)],
  ]),
];

/** Of so many datagrams one is followed by a look at what has come of all. */
const LOOK_ONE_IN = 64;
/** Then everything begins anew, or the tables would grow with the noise. */
const ANEW_ONE_IN = 1024;

/** Netlink datagrams and control messages, as the kernel would hand them in if it had gone mad. */
export function netlinkNoise(dice: Dice): Trial {
  const buffer = new Uint8Array(2048);
  let interfaces = new InterfaceTable();
  let gateways = new GatewayTable();
  const look = (bytes: Uint8Array): void => {
    gateways.endDump();
    for (const { index, name, mac, addresses } of interfaces.interfaces(gateways.gateways)) {
      const sound =
        index > 0 &&
        name !== "" &&
        (mac === undefined || parseMac(mac).ok) &&
        addresses.every(
          ({ address, prefixLength }) => prefixLength <= (address.family === "IPv4" ? 32 : 128),
        );
      if (!sound) throw new Violation(`an interface ${index} ${name} ${mac}`, bytes);
    }
    gateways.beginDump();
  };
  return () => {
    if (dice.below(8) === 0) return control(dice, buffer);
    const length = mutate(dice, DATAGRAMS, buffer);
    const bytes = buffer.subarray(0, length);
    return neverThrowing(bytes, () => {
      const { messages, malformed } = readMessages(bytes);
      const size = messages.reduce((sum, { payload }) => sum + 16 + payload.length, 0);
      if (size > length) throw new Violation(`messages of ${size} bytes in ${length}`, bytes);
      let outcome = malformed ?? "nothing in it";
      for (const one of messages) {
        outcome = interfaces.apply(one) ?? "Applied";
        if (outcome.endsWith("of no interest")) outcome = gateways.dumped(one) ?? "Applied";
        gateways.isNews(one);
        weakenedInterface(one);
        if (one.type === NLMSG_DONE || one.type === NLMSG_ERROR) {
          const errno = readErrno(one);
          outcome = errno.ok ? "Errno" : errno.error;
        }
      }
      if (dice.below(LOOK_ONE_IN) === 0) look(bytes);
      if (dice.below(ANEW_ONE_IN) === 0) {
        interfaces = new InterfaceTable();
        gateways = new GatewayTable();
      }
      return outcome.replaceAll(/\d+/g, "N");
    });
  };
}

function control(dice: Dice, buffer: Uint8Array): Outcome {
  const length = Math.min(64, mutate(dice, CONTROL, buffer));
  const bytes = buffer.slice(0, 64);
  return neverThrowing(bytes, () => {
    const value = controlInt(new DataView(bytes.buffer), length, 0, 2);
    return value === undefined ? "no control message" : value === 255 ? "Hops 255" : "other hops";
  });
}
