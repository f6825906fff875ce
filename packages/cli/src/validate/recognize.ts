import { API_VERSION, GROUP } from "@fairlead/api/group.ts";
import { nearest } from "@fairlead/api/nearest.ts";
import type { Finding } from "../finding.ts";
import type { LocatedObject } from "../source/located-object.ts";
import { renderFirst } from "../source/templates.ts";
import { LEGACY_POOL, retired } from "./retired.ts";

/** What an object of a file is to us. */
export type Recognized =
  /** One of our kinds, or MetalLB's of the same name and meaning. */
  | {
      readonly as: "ours";
      /** The object, taken for what it is probably meant to be. */
      readonly object: LocatedObject;
      readonly kind: string;
      readonly findings: readonly Finding[];
    }
  | { readonly as: "service" }
  /** Something that is meant for us and cannot be used. */
  | { readonly as: "unusable"; readonly finding: Finding }
  | { readonly as: "foreign"; readonly kind: string };

const METALLB_GROUP = "metallb.io";
const METALLB_VERSION = `${METALLB_GROUP}/v1beta1`;
/** MetalLB's kinds that are ours too. */
const SHARED_KINDS: readonly string[] = ["IPAddressPool", "L2Advertisement"];
/** Its other kinds, which must not be taken for misspelled ones of ours. */
const METALLB_KINDS = [
  "BFDProfile",
  "BGPAdvertisement",
  "BGPPeer",
  "Community",
  "ConfigurationState",
  "ServiceBGPStatus",
  "ServiceL2Status",
];

/** Says what an object is, misspelled kinds and versions included. @param kinds those that are ours */
export function recognize(object: LocatedObject, kinds: readonly string[]): Recognized {
  const old = retired(object, METALLB_GROUP);
  if (old !== undefined) return { as: "unusable", finding: old };
  const template = object.template(object.kind === undefined ? [[]] : [["apiVersion"], ["kind"]]);
  if (template !== undefined) {
    const finding = object.finding("error", [], renderFirst(template));
    return { as: "unusable", finding: { ...finding, ...template.position } };
  }
  const { kind, apiVersion } = object;
  if (kind === undefined)
    return unusable(object, "kind", "kind is missing; expected apiVersion, kind and metadata");
  const meant = kindMeant(object, kinds);
  if (meant !== undefined) return ours(object, meant);
  if (apiVersion === undefined)
    return unusable(object, "apiVersion", `apiVersion is missing; write it above kind`);
  if (kind === "Service" && apiVersion === "v1") return { as: "service" };
  return { as: "foreign", kind };
}

function unusable(object: LocatedObject, field: string, message: string): Recognized {
  return { as: "unusable", finding: object.finding("error", [field], message) };
}

/** Which of our kinds it is, as far as kind and group resemble it. */
function kindMeant({ kind = "", apiVersion }: LocatedObject, kinds: readonly string[]): string | undefined {
  if (apiVersion !== undefined && groupMeant(apiVersion) === undefined) return undefined;
  if (kinds.includes(kind)) return kind;
  const near = nearest(kind, [...kinds, ...METALLB_KINDS, LEGACY_POOL, "Service"]);
  return near !== undefined && kinds.includes(near) ? near : undefined;
}

function groupMeant(apiVersion: string): string | undefined {
  const group = apiVersion.split("/", 1)[0] ?? "";
  if (group === "v1") return undefined;
  return group.startsWith("fairlead.") ? GROUP : nearest(group, [GROUP, METALLB_GROUP]);
}

function ours(found: LocatedObject, kind: string): Recognized {
  const { apiVersion } = found;
  const metallb =
    apiVersion !== undefined && groupMeant(apiVersion) === METALLB_GROUP && SHARED_KINDS.includes(kind);
  const object = found.takenFor({
    kind,
    clusterScoped: !metallb,
    ...(apiVersion !== undefined && { apiVersion }),
  });
  const findings: Finding[] = [];
  if (found.kind !== kind) {
    const message = `there is no kind ${JSON.stringify(found.kind)}; did you mean ${kind}?`;
    findings.push(object.finding("error", ["kind"], message));
  }
  if (metallb && apiVersion === METALLB_VERSION) {
    const message = `${apiVersion} is MetalLB's ${kind}; it is checked as ${API_VERSION}, which means the same`;
    findings.push(object.finding("note", ["apiVersion"], message));
  } else if (apiVersion !== API_VERSION) {
    const said =
      apiVersion === undefined ? "apiVersion is missing" : `${JSON.stringify(apiVersion)} has no ${kind}`;
    const message = `${said}; write ${API_VERSION}${metallb ? `, or ${METALLB_VERSION} for MetalLB's` : ""}`;
    findings.push(object.finding("error", ["apiVersion"], message));
  }
  return { as: "ours", object, kind, findings };
}
