import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { type Service, services } from "../packages/api/src/core/service.ts";
import { MANAGER } from "../packages/controller/src/manager.ts";
import { LOAD_BALANCER_CLEANUP } from "../packages/controller/src/service/status.ts";
import { wroteFinalizer } from "../packages/controller/src/service/writers.ts";

/**
 * Takes Fairlead out of the cluster that kubectl talks to. First its finalizer goes from every Service that got it of us, since
 * nobody would take it off afterwards and such Services could not be deleted. The kinds go with the rest, and so do pools and
 * records; what Services show in their status stays, for whoever comes next to adopt.
 */

const NAMESPACE = "fairlead-system";
const root = fileURLToPath(new URL("..", import.meta.url));

console.log("stopping the controller");
kubectl(["-n", NAMESPACE, "scale", "deployment/fairlead-controller", "--replicas=0"]);
const pods = "app.kubernetes.io/component=controller";
kubectl(["-n", NAMESPACE, "wait", "--for=delete", "pod", "-l", pods, "--timeout=60s"]);

const { items }: { readonly items: readonly Service[] } = JSON.parse(
  kubectl(["get", services.plural, "-A", "-o", "json", "--show-managed-fields"]),
);
const finalized = items.filter(
  (service) =>
    service.metadata.finalizers?.includes(LOAD_BALANCER_CLEANUP) && wroteFinalizer(service, MANAGER),
);
console.log(`taking the finalizer off ${finalized.length} Services`);
for (const { metadata } of finalized) {
  const { namespace = "", name, finalizers = [] } = metadata;
  const patch = { metadata: { finalizers: finalizers.filter((one) => one !== LOAD_BALANCER_CLEANUP) } };
  kubectl(["-n", namespace, "patch", "service", name, "--type=merge", "-p", JSON.stringify(patch)]);
}

console.log("deleting what was installed");
process.stdout.write(kubectl(["delete", "-k", `${root}manifests`, "--ignore-not-found"]));

/** @returns what it prints; ends this program with its status and message if it fails */
function kubectl(args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync("kubectl", args, {
    encoding: "utf8",
    maxBuffer: 1 << 30,
  });
  if (status === 0) return stdout;
  console.error(`kubectl ${args.join(" ")} failed: ${error?.message ?? stderr.trim()}`);
  process.exit(status ?? 1);
}
