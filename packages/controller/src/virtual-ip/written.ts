import type { VirtualIP } from "@fairlead/api/virtual-ip.ts";
import { hasStatus } from "@fairlead/kube/transport.ts";
import type { Again } from "../again.ts";
import type { Cluster } from "../cluster/cluster.ts";

/** A speaker wrote the status meanwhile; what it wrote has been read by then. */
const RETRY_AFTER_CONFLICT_MS = 50;

/** Takes in what the API server answers to a write of a VirtualIP; one that has changed meanwhile is looked at again soon. */
export async function written(
  cluster: Pick<Cluster, "wroteVirtualIP">,
  answer: Promise<VirtualIP>,
): Promise<Again> {
  try {
    cluster.wroteVirtualIP(await answer);
    return undefined;
  } catch (error) {
    if (hasStatus(error, 409)) return { requeueAfterMs: RETRY_AFTER_CONFLICT_MS };
    throw error;
  }
}
