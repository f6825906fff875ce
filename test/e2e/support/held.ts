import type { Lab } from "../../lab/lab.ts";
import { service } from "./objects.ts";
import { addressed, announcer, apply, macOf, virtualIPNameOf } from "./steps.ts";
import { whenTold } from "./takeover.ts";

/** What a Service of both families says of them. */
export const DUAL_STACK = { ipFamilyPolicy: "RequireDualStack", ipFamilies: ["IPv4", "IPv6"] };

/** An address that a node answers for on the LAN. */
export interface HeldAddress {
  readonly ip: string;
  readonly node: string;
  readonly mac: string;
}

/** Makes a Service of both families and waits until all nodes' first frames about its addresses have passed. */
export async function hold(lab: Lab, name: string): Promise<readonly [HeldAddress, HeldAddress]> {
  const capture = await lab.capture("client-1", "arp or icmp6", { direction: "in" });
  try {
    await apply(lab, service(name, { spec: DUAL_STACK }));
    const [ipv4 = "", ipv6 = ""] = await addressed(lab, name, 2);
    const held = async (ip: string): Promise<HeldAddress> => {
      const node = await announcer(lab, virtualIPNameOf(ip));
      const mac = macOf(lab, node);
      await whenTold(lab, capture, ip, mac);
      return { ip, node, mac };
    };
    return [await held(ipv4), await held(ipv6)];
  } finally {
    await capture.stop();
  }
}
