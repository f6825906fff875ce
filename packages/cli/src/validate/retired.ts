import { API_VERSION } from "@fairlead/api/group.ts";
import type { Finding } from "../finding.ts";
import { isJsonObject, valueAt } from "../source/json.ts";
import type { LocatedObject } from "../source/located-object.ts";
import type { Path } from "../source/path.ts";

/** MetalLB's kind of pool before IPAddressPool. */
export const LEGACY_POOL = "AddressPool";

const NEW_FORM = `write one IPAddressPool (${API_VERSION}) for each entry of address-pools, and an L2Advertisement for those with protocol: layer2`;
const OLD_CONFIGURATION = "is MetalLB's configuration of before 0.13, which nothing reads any more";
/** Keys under which Helm charts of before 0.13 take that configuration, at the top or below the name of a subchart. */
const HELM_KEY = "configInline";

/** Says what to do with a configuration of former times, or of another product; undefined if it is none. */
export function retired(object: LocatedObject, metallbGroup: string): Finding | undefined {
  const { kind, apiVersion } = object;
  if (kind === undefined && apiVersion === undefined) return bareConfiguration(object);
  if (kind === LEGACY_POOL && (apiVersion === undefined || apiVersion.startsWith(`${metallbGroup}/`))) {
    return object.finding("error", ["kind"], legacyPool(object));
  }
  return kind === "ConfigMap" ? configMap(object) : undefined;
}

function legacyPool(object: LocatedObject): string {
  const start = `${LEGACY_POOL} is a kind that MetalLB has not had since 0.13; write an IPAddressPool (${API_VERSION}) with the same addresses and autoAssign`;
  switch (object.at(["spec", "protocol"])) {
    case "layer2":
      return `${start}, and an L2Advertisement that names it`;
    case "bgp":
      return `${start}; for protocol: bgp there is nothing yet`;
    default:
      return start;
  }
}

function configMap(object: LocatedObject): Finding | undefined {
  const data = object.at(["data"]);
  if (!isJsonObject(data)) return undefined;
  for (const [key, text] of Object.entries(data)) {
    if (typeof text === "string" && /^\s*address-pools\s*:/m.test(text)) {
      return object.finding("error", ["data", key], `${key} ${OLD_CONFIGURATION}; ${NEW_FORM}`, "key");
    }
  }
  const kubeVip = Object.keys(data).find((key) => /^(?:cidr|range)-./.test(key));
  if (kubeVip === undefined) return undefined;
  const message = `${kubeVip} is a pool of kube-vip's cloud provider, which Fairlead does not read; write an IPAddressPool (${API_VERSION}) with these addresses, and for a key that ends in a namespace, that namespace under serviceAllocation.namespaces`;
  return object.finding("error", ["data", kubeVip], message, "key");
}

/** The text of the old ConfigMap by itself, or values of a Helm chart of those times. */
function bareConfiguration(object: LocatedObject): Finding | undefined {
  const found = (path: Path, what: string): Finding => {
    const { object: _none, ...finding } = object.finding("error", path, `${what}; ${NEW_FORM}`, "key");
    return finding;
  };
  if (Array.isArray(object.at(["address-pools"])))
    return found(["address-pools"], `this ${OLD_CONFIGURATION}`);
  const paths: readonly Path[] = [[HELM_KEY], ...Object.keys(object.value).map((key) => [key, HELM_KEY])];
  const path = paths.find((one) => isJsonObject(valueAt(object.value, one)));
  return path && found(path, `${HELM_KEY} (Helm values) ${OLD_CONFIGURATION}`);
}
