import type { KubeObject } from "@fairlead/api/object-meta.ts";
import type { Resource } from "@fairlead/api/resources.ts";
import { ApiClient } from "@fairlead/kube/client.ts";
import { problemText, type Verb } from "@fairlead/kube/problem.ts";
import { ApiError } from "@fairlead/kube/transport.ts";
import { ExitStatus } from "./exit-status.ts";
import { line } from "./printable.ts";
import type { Surroundings } from "./surroundings.ts";

/** Which cluster. */
export interface ClusterOptions {
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
}

/** Something cannot be read or written; the message is for people, with the cure. */
export class Refused extends Error {
  override readonly name = "Refused";
}

/** Does something with the cluster; what is refused ends with a line that says so. */
export async function inCluster(
  { kubeconfig: file, context }: ClusterOptions,
  { program, connect, err }: Surroundings,
  act: (client: ApiClient) => Promise<ExitStatus>,
): Promise<ExitStatus> {
  const connection = connect({ file, context });
  if (!connection.ok) {
    err(line(`${program}: ${connection.error}`));
    return ExitStatus.Errors;
  }
  try {
    return await act(new ApiClient({ transport: connection.value, fieldManager: "fairlead-cli" }));
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    err(line(`${program}: ${error.message}`));
    return ExitStatus.Errors;
  } finally {
    connection.value.stop();
  }
}

/**
 * What is asked of the API server, or the reason why it refuses.
 *
 * @param absent what to say when the kind is known and there is no object of that name
 * @throws Refused
 */
export async function attempt<T extends KubeObject, R>(
  verb: Verb,
  resource: Resource<T>,
  request: Promise<R>,
  absent?: string,
): Promise<R> {
  try {
    return await request;
  } catch (error) {
    const missing = error instanceof ApiError && error.status === 404 && isOfObject(error);
    if (missing && absent !== undefined) throw new Refused(absent, { cause: error });
    throw new Refused(problemText(verb, resource, error), { cause: error });
  }
}

/** Of a kind that it does not know, the API server names no object. */
function isOfObject({ details }: ApiError): boolean {
  return typeof details === "object" && details !== null && "name" in details;
}
