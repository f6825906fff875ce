import type { LabContext } from "./context.ts";

interface Pod {
  readonly metadata: { readonly uid: string };
  readonly spec: { readonly nodeName?: string };
}

/**
 * The cgroup of a running pod, relative to the hierarchies.
 *
 * @param pod `namespace/name`.
 */
export async function podGroup(context: LabContext, pod: string): Promise<string> {
  const [namespace, name] = pod.split("/");
  const { metadata, spec } = await context.api.get<Pod>(`/api/v1/namespaces/${namespace}/pods/${name}`);
  if (spec.nodeName === undefined) throw new Error(`${pod} is on no node yet`);
  const { group } = context.machine(spec.nodeName);
  const folder = context.cgroups.folders(group).find((one) => one.endsWith(`/pod${metadata.uid}`));
  if (folder === undefined) throw new Error(`${pod} runs nothing on ${spec.nodeName}`);
  return folder.slice(folder.indexOf(`${group}/`));
}

/** The processes of a running pod, by the host's numbers; the one that holds its namespaces among them. */
export async function podProcesses(context: LabContext, pod: string): Promise<readonly number[]> {
  return context.cgroups.processes(await podGroup(context, pod));
}
