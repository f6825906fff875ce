import { API_VERSION, GROUP, VERSION } from "./group.ts";
import type { IPAddressPool } from "./ip-address-pool.ts";
import type { L2Advertisement } from "./l2-advertisement.ts";
import type { KubeObject } from "./object-meta.ts";
import type { Speaker } from "./speaker.ts";
import type { VirtualIP } from "./virtual-ip.ts";

/** Where a kind lives in the API. The type parameter is the shape of its objects. */
export interface Resource<T extends KubeObject = KubeObject> {
  readonly apiVersion: string;
  readonly kind: string;
  /** URL path of the group and version: `/api/v1` or `/apis/GROUP/VERSION`. */
  readonly path: string;
  readonly plural: string;
  readonly namespaced: boolean;
  /** Never set; carries the type. */
  readonly __object?: T;
}

function ours<T extends KubeObject>(kind: string, plural: string): Resource<T> {
  return { apiVersion: API_VERSION, kind, path: `/apis/${GROUP}/${VERSION}`, plural, namespaced: false };
}

export const ipAddressPools = ours<IPAddressPool>("IPAddressPool", "ipaddresspools");
export const l2Advertisements = ours<L2Advertisement>("L2Advertisement", "l2advertisements");
export const virtualIPs = ours<VirtualIP>("VirtualIP", "virtualips");
export const speakers = ours<Speaker>("Speaker", "speakers");
