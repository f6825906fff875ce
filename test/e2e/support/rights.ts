import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { MANIFESTS, NAMESPACE } from "../../install/fairlead.ts";
import type { Component, LogLine } from "../../install/pods.ts";
import type { Lab } from "../../lab/lab.ts";

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
}

interface Role {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels: Readonly<Record<string, string>>;
  };
  readonly rules: readonly Rule[];
}

/** One verb on one resource that the manifests give to one of the programs. */
export interface Right {
  readonly component: Component;
  readonly verb: string;
  readonly group: string;
  /** With the subresource: `services/status`. */
  readonly resource: string;
  readonly names: readonly string[];
  /** Where it is written. */
  readonly role: Role;
}

const ROLES = ["rbac-controller.yaml", "rbac-speaker.yaml"]
  .flatMap((file) => parseAllDocuments(readFileSync(join(MANIFESTS, file), "utf8")))
  .map((document) => document.toJS() as Role)
  .filter(({ kind }) => kind === "Role" || kind === "ClusterRole");

/** Every right that the manifests give, one by one. */
export const RIGHTS: readonly Right[] = ROLES.flatMap((role) =>
  role.rules.flatMap(({ apiGroups, resources, verbs, resourceNames: names = [] }) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((resource) =>
        verbs.map((verb) => ({
          component: role.metadata.labels["app.kubernetes.io/component"] as Component,
          verb,
          group,
          resource,
          names,
          role,
        })),
      ),
    ),
  ),
);

/** A right in words, unique among all: `controller patch services/status`. */
export function rightText({ component, verb, resource }: Right): string {
  return `${component} ${verb} ${resource}`;
}

export function accountOf({ component }: Right): string {
  return `system:serviceaccount:${NAMESPACE}:fairlead-${component}`;
}

/** Whether a text names verb, resource and account of a right, in our words or in those of the API server. */
export function namesRight(text: string, right: Right): boolean {
  const { verb, group, resource } = right;
  const ours = `cannot ${verb} ${resource}${group === "" ? "" : `.${group}`}:`;
  const theirs = `cannot ${verb} resource "${resource}" in API group "${group}"`;
  return text.includes(accountOf(right)) && (text.includes(ours) || text.includes(theirs));
}

/** Whether a line of the log names a right. */
export function tellsOf(line: LogLine, right: Right): boolean {
  return Object.values(line).some((value) => typeof value === "string" && namesRight(value, right));
}

/** Takes these rights away and leaves all others; returns when the API server goes by that. */
export async function takeAway(lab: Lab, rights: readonly Right[]): Promise<void> {
  for (const role of new Set(rights.map((right) => right.role))) {
    const left = RIGHTS.filter((right) => right.role === role && !rights.includes(right));
    await setRules(lab, role, left.map(ruleOf));
  }
  await lab.waitFor("the rights are gone", async (see) => {
    const kept = await grantedOf(lab, rights);
    see(kept);
    return kept.length === 0;
  });
}

/** Gives everything back that the manifests give; returns when the API server goes by that. */
export async function giveBack(lab: Lab): Promise<void> {
  for (const role of ROLES) await setRules(lab, role, role.rules);
  await lab.waitFor("the rights are back", async (see) => {
    const granted = await grantedOf(lab, RIGHTS);
    see(granted);
    return granted.length === RIGHTS.length;
  });
}

function ruleOf({ group, resource, verb, names }: Right): Rule {
  const rule = { apiGroups: [group], resources: [resource], verbs: [verb] };
  return names.length === 0 ? rule : { ...rule, resourceNames: names };
}

async function setRules(lab: Lab, { kind, metadata }: Role, rules: readonly Rule[]): Promise<void> {
  const { name, namespace } = metadata;
  const collection = kind === "Role" ? `namespaces/${namespace}/roles` : "clusterroles";
  const path = `/apis/rbac.authorization.k8s.io/v1/${collection}/${name}`;
  const contentType = "application/merge-patch+json";
  const { status, text } = await lab.api.send("PATCH", path, { body: { rules }, contentType });
  if (status !== 200) throw new Error(`PATCH ${path}: ${status} ${text}`);
}

/** Those of the rights that the API server would grant now. */
async function grantedOf(lab: Lab, rights: readonly Right[]): Promise<readonly string[]> {
  const granted = await Promise.all(
    rights.map(async (right) => {
      const [resource, subresource = ""] = right.resource.split("/");
      const { verb, group, names, role } = right;
      const { namespace = "" } = role.metadata;
      const resourceAttributes = { verb, group, resource, subresource, namespace, name: names[0] ?? "" };
      const body = {
        apiVersion: "authorization.k8s.io/v1",
        kind: "SubjectAccessReview",
        spec: { user: accountOf(right), resourceAttributes },
      };
      const path = "/apis/authorization.k8s.io/v1/subjectaccessreviews";
      const { text } = await lab.api.send("POST", path, { body });
      return (JSON.parse(text) as { status?: { allowed?: boolean } }).status?.allowed === true;
    }),
  );
  return rights.filter((_, i) => granted[i]).map(rightText);
}
