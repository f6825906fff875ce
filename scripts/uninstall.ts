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

const controller = [
  "-n",
  NAMESPACE,
  "get",
  "deployment/fairlead-controller",
  "--ignore-not-found",
  "-o",
  "name",
];
if (kubectl(controller) !== "") {
  console.log("stopping the controller");
  kubectl(["-n", NAMESPACE, "scale", "deployment/fairlead-controller", "--replicas=0"]);
  const pods = "app.kubernetes.io/component=controller";
  kubectl(["-n", NAMESPACE, "wait", "--for=delete", "pod", "-l", pods, "--timeout=60s"]);
}

const { items }: { readonly items: readonly Service[] } = JSON.parse(
  kubectl(["get", services.plural, "-A", "-o", "json", "--show-managed-fields"]),
);
const finalized = items.filter(
  (service) =>
    service.metadata.finalizers?.includes(LOAD_BALANCER_CLEANUP) && wroteFinalizer(service, MANAGER),
);
console.log(
  `taking the finalizer off ${finalized.length} ${finalized.length === 1 ? "Service" : "Services"}`,
);
for (const { metadata } of finalized) {
  const { namespace = "", name, finalizers = [] } = metadata;
  const path = `/metadata/finalizers/${finalizers.indexOf(LOAD_BALANCER_CLEANUP)}`;
  // Another program may have changed the list since it was read.
  const patch = [
    { op: "test", path, value: LOAD_BALANCER_CLEANUP },
    { op: "remove", path },
  ];
  kubectl(
    ["-n", namespace, "patch", "service", name, "--type=json", "-p", JSON.stringify(patch)],
    "NotFound",
  );
}

console.log("deleting what was installed");
process.stdout.write(kubectl(["delete", "-k", `${root}manifests`, "--ignore-not-found"]));

/** @param accept a word in the message of a failure that is none @returns what it prints; ends this program with its status and message if it fails */
function kubectl(args: readonly string[], accept?: string): string {
  const { status, stdout, stderr, error } = spawnSync("kubectl", args, {
    encoding: "utf8",
    maxBuffer: 1 << 30,
  });
  if (status === 0 || (accept !== undefined && stderr?.includes(accept))) return stdout;
  console.error(`kubectl ${args.join(" ")} failed: ${error?.message ?? stderr.trim()}`);
  process.exit(status ?? 1);
}
