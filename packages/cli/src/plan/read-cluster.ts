import { namespaces } from "@fairlead/api/core/namespace.ts";
import { nodes } from "@fairlead/api/core/node.ts";
import { services } from "@fairlead/api/core/service.ts";
import type { KubeObject } from "@fairlead/api/object-meta.ts";
import { ipAddressPools, type Resource, speakers, virtualIPs } from "@fairlead/api/resources.ts";
import { ApiClient } from "@fairlead/kube/client.ts";
import type { KubeConfigChoice } from "@fairlead/kube/kube-config.ts";
import { problemText } from "@fairlead/kube/problem.ts";
import type { ApiTransport } from "@fairlead/kube/transport.ts";
import { err, ok, type Result } from "@fairlead/net/result.ts";
import { connect } from "../connect.ts";
import type { ClusterObjects } from "./cluster-state.ts";

/** Reads what the plan depends on. The error is a sentence with the cure. */
export type ClusterReader = (choice: KubeConfigChoice) => Promise<Result<ClusterObjects, string>>;

/** Reads the cluster that the kubeconfig names. */
export const readCluster: ClusterReader = async (choice) => {
  const connection = connect(choice);
  if (!connection.ok) return connection;
  try {
    return await readObjects(connection.value);
  } finally {
    connection.value.stop();
  }
};

/** Reads each kind page by page. The kinds are not of one moment; a change in between shows as it would to the controller. */
export async function readObjects(transport: ApiTransport): Promise<Result<ClusterObjects, string>> {
  const client = new ApiClient({ transport, fieldManager: "fairlead-cli" });
  const list = async <T extends KubeObject>(resource: Resource<T>): Promise<readonly T[]> => {
    try {
      return await client.list(resource);
    } catch (error) {
      throw new Unread(problemText("list", resource, error), { cause: error });
    }
  };
  try {
    return ok({
      services: await list(services),
      namespaces: await list(namespaces),
      nodes: await list(nodes),
      speakers: await list(speakers),
      pools: await list(ipAddressPools),
      virtualIPs: await list(virtualIPs),
    });
  } catch (error) {
    if (error instanceof Unread) return err(error.message);
    throw error;
  }
}

/** A kind cannot be read. */
class Unread extends Error {
  override readonly name = "Unread";
}
