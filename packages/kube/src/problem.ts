import type { KubeObject } from "@fairlead/api/object-meta.ts";
import type { Resource } from "@fairlead/api/resources.ts";
import { errorText } from "@fairlead/runtime/log.ts";
import { resourceName } from "./path.ts";
import { ApiError } from "./transport.ts";

/** What was tried. */
export type Verb = "get" | "list" | "watch" | "create" | "update" | "patch" | "delete";

/**
 * Why something cannot be done to a kind, in a sentence with the cure where there is one: `cannot list
 * virtualips.fairlead.dev: the API server does not know this kind; install its CustomResourceDefinition`.
 */
export function problemText(verb: Verb, resource: Resource<KubeObject>, error: unknown): string {
  return `cannot ${verb} ${resourceName(resource)}: ${cause(error)}`;
}

/** The account that the API server named when it refused a request. */
export function accountOf(error: unknown): string | undefined {
  return error instanceof ApiError ? /User "([^"]+)"/.exec(error.message)?.[1] : undefined;
}

function cause(error: unknown): string {
  if (!(error instanceof ApiError)) return errorText(error);
  switch (error.status) {
    case 401:
      return "the API server does not accept the credentials";
    case 403: {
      const account = accountOf(error);
      return account === undefined
        ? `forbidden: ${error.message}`
        : `forbidden; give ${account} this right by RBAC`;
    }
    case 404:
      return "the API server does not know this kind; install its CustomResourceDefinition";
    default:
      return `${error.status} ${error.message}`;
  }
}
