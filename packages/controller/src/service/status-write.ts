import { type Service, services } from "@fairlead/api/core/service.ts";
import type { ApiClient } from "@fairlead/kube/client.ts";
import { ApiError, hasStatus } from "@fairlead/kube/transport.ts";

/**
 * Applies the status of a Service as it was read. Rejects with 409 if there is another one of its name now, which may be of
 * another class.
 */
export async function applyStatus(
  client: Pick<ApiClient, "apply">,
  { metadata: { namespace = "", name, uid } }: Service,
  status: NonNullable<Service["status"]>,
  options: { readonly force: boolean; readonly signal: AbortSignal },
): Promise<Service> {
  const metadata = { namespace, name, ...(uid !== undefined && { uid }) };
  try {
    return await client.apply(services, { metadata, status }, { ...options, subresource: "status" });
  } catch (error) {
    if (!hasStatus(error, 422) || !error.message.includes("metadata.uid")) throw error;
    // To the API server, a UID that is another one now is an immutable field.
    throw new ApiError({ status: 409, reason: "Conflict", message: error.message });
  }
}
