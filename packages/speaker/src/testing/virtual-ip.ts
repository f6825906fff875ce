import { API_VERSION } from "@fairlead/api/group.ts";
import type { Placement, VirtualIP, VirtualIPStatus } from "@fairlead/api/virtual-ip.ts";
import { virtualIPName } from "@fairlead/api/virtual-ip-name.ts";
import { address } from "./values.ts";

/** A VirtualIP that is placed on `worker-1`. */
export function virtualIP(
  text: string,
  placement: Partial<Placement> = {},
  status: VirtualIPStatus = {},
  resourceVersion = "1",
): VirtualIP {
  const value = address(text);
  return {
    apiVersion: API_VERSION,
    kind: "VirtualIP",
    metadata: { name: virtualIPName(value), uid: `uid-${text}`, resourceVersion },
    spec: {
      address: value.text,
      pool: "lan",
      services: ["default/web"],
      placement: { epoch: 1, nodes: ["worker-1"], protocols: ["Layer2"], ...placement },
    },
    status,
  };
}
