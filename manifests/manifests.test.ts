import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { VERSION } from "@fairlead/runtime/version.ts";
import { expect } from "chai";
import { parse, parseAllDocuments } from "yaml";

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
}

interface Probe {
  readonly httpGet: { readonly host?: string; readonly path: string; readonly port: string };
}

interface Container {
  readonly image: string;
  readonly imagePullPolicy: string;
  readonly command: readonly string[];
  readonly env: readonly {
    readonly name: string;
    readonly valueFrom: { readonly fieldRef: { readonly fieldPath: string } };
  }[];
  readonly ports: readonly { readonly containerPort: number }[];
  readonly readinessProbe: Probe;
  readonly livenessProbe: Probe;
  readonly resources: unknown;
  readonly securityContext: Readonly<Record<string, unknown>>;
}

interface PodSpec extends Readonly<Record<string, unknown>> {
  readonly securityContext: Readonly<Record<string, unknown>>;
  readonly containers: readonly [Container];
}

interface Template {
  readonly metadata: { readonly labels: Readonly<Record<string, string>> };
  readonly spec: PodSpec;
}

interface Workload extends Readonly<Record<string, unknown>> {
  readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
  readonly template: Template;
}

/** What the tests read of the manifests' documents; each kind has some of it. */
interface Document {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels: Readonly<Record<string, string>>;
  };
  readonly rules: readonly Rule[];
  readonly roleRef: { readonly name: string };
  readonly subjects: unknown;
  readonly spec: Workload;
}

const root = join(import.meta.dirname, "..");
const LABELS = { "app.kubernetes.io/name": "fairlead" };

function documents(file: string): readonly Document[] {
  return parseAllDocuments(readFileSync(join(root, "manifests", file), "utf8")).map((one) => one.toJS());
}

const { resources } = parse(readFileSync(join(root, "manifests", "kustomization.yaml"), "utf8")) as {
  readonly resources: readonly string[];
};
const all = resources.flatMap(documents);

function find(kind: string, name: string): Document {
  const found = all.find((one) => one.kind === kind && one.metadata.name === name);
  if (found === undefined) throw new Error(`there is no ${kind} ${name}`);
  return found;
}

/** Every right as "verb group/resource", with the names it is restricted to. */
function rights(kind: string, name: string): readonly string[] {
  return find(kind, name).rules.flatMap(rightsOf).sort();
}

function rightsOf({ apiGroups, resources, verbs, resourceNames = [] }: Rule): readonly string[] {
  return apiGroups.flatMap((group) =>
    resources.flatMap((resource) =>
      verbs.map((verb) => [verb, `${group === "" ? "core" : group}/${resource}`, ...resourceNames].join(" ")),
    ),
  );
}

describe("the manifests", () => {
  it("are all named by the kustomization, and each has our label", () => {
    const files = ["", "crds"].flatMap((folder) =>
      readdirSync(join(root, "manifests", folder))
        .filter((name) => name.endsWith(".yaml") && name !== "kustomization.yaml")
        .map((name) => join(folder, name)),
    );
    expect([...resources].sort()).to.deep.equal(files.sort());
    for (const one of all) expect(one.metadata.labels, one.metadata.name).to.include(LABELS);
  });

  it("are for one version: that of the image, the package and the programs", () => {
    const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    expect(version).to.equal(VERSION);
    for (const workload of [
      find("Deployment", "fairlead-controller"),
      find("DaemonSet", "fairlead-speaker"),
    ]) {
      const [container] = workload.spec.template.spec.containers;
      expect(container.image).to.equal(`fairlead.dev/fairlead:${version}`);
      expect(container.imagePullPolicy).to.equal("IfNotPresent");
    }
  });

  it("put everything that has a namespace into the one that they make", () => {
    const clusterScoped = ["Namespace", "CustomResourceDefinition", "ClusterRole", "ClusterRoleBinding"];
    for (const { kind, metadata } of all) {
      const expected = clusterScoped.includes(kind) ? undefined : "fairlead-system";
      expect(metadata.namespace, `${kind} ${metadata.name}`).to.equal(expected);
    }
    expect(find("Namespace", "fairlead-system").metadata.labels).to.include({
      "pod-security.kubernetes.io/enforce": "privileged",
    });
  });

  it("need no admission webhook", () => {
    expect(all.filter(({ kind }) => /Webhook/.test(kind))).to.deep.equal([]);
  });
});

describe("the rights", () => {
  it("of the controller are these", () => {
    expect(rights("ClusterRole", "fairlead-controller")).to.deep.equal([
      "create events.k8s.io/events",
      "create fairlead.dev/virtualips",
      "delete fairlead.dev/virtualips",
      "get core/services",
      "get fairlead.dev/virtualips",
      "list core/namespaces",
      "list core/nodes",
      "list core/services",
      "list discovery.k8s.io/endpointslices",
      "list fairlead.dev/ipaddresspools",
      "list fairlead.dev/l2advertisements",
      "list fairlead.dev/speakers",
      "list fairlead.dev/virtualips",
      "patch core/services/status",
      "patch fairlead.dev/ipaddresspools/status",
      "patch fairlead.dev/l2advertisements/status",
      "patch fairlead.dev/virtualips/status",
      "update fairlead.dev/virtualips",
      "watch core/namespaces",
      "watch core/nodes",
      "watch core/services",
      "watch discovery.k8s.io/endpointslices",
      "watch fairlead.dev/ipaddresspools",
      "watch fairlead.dev/l2advertisements",
      "watch fairlead.dev/speakers",
      "watch fairlead.dev/virtualips",
    ]);
    expect(rights("Role", "fairlead-controller")).to.deep.equal([
      "create coordination.k8s.io/leases",
      "create core/secrets",
      "get coordination.k8s.io/leases fairlead-controller",
      "get core/secrets fairlead-takeover",
      "list core/pods",
      "update coordination.k8s.io/leases fairlead-controller",
      "update core/secrets fairlead-takeover",
      "watch core/pods",
    ]);
  });

  it("of the speaker are these", () => {
    expect(rights("ClusterRole", "fairlead-speaker")).to.deep.equal([
      "create events.k8s.io/events",
      "create fairlead.dev/speakers",
      "get core/nodes",
      "list fairlead.dev/speakers",
      "list fairlead.dev/virtualips",
      "patch fairlead.dev/speakers",
      "patch fairlead.dev/virtualips/status",
      "watch fairlead.dev/speakers",
      "watch fairlead.dev/virtualips",
    ]);
    expect(rights("Role", "fairlead-speaker")).to.deep.equal([
      "list core/secrets fairlead-takeover",
      "watch core/secrets fairlead-takeover",
    ]);
  });

  it("are bound to the accounts of our two programs and to nobody else", () => {
    const bindings = all.filter(({ kind }) => kind === "ClusterRoleBinding" || kind === "RoleBinding");
    expect(bindings.map(({ kind, metadata }) => `${kind} ${metadata.name}`).sort()).to.deep.equal([
      "ClusterRoleBinding fairlead-controller",
      "ClusterRoleBinding fairlead-speaker",
      "RoleBinding fairlead-controller",
      "RoleBinding fairlead-speaker",
    ]);
    for (const { metadata, roleRef, subjects } of bindings) {
      expect(roleRef.name).to.equal(metadata.name);
      expect(subjects).to.deep.equal([
        { kind: "ServiceAccount", name: metadata.name, namespace: "fairlead-system" },
      ]);
      find("ServiceAccount", metadata.name);
    }
  });

  it("never include other Secrets than our own, wildcards or another's identity", () => {
    for (const { kind, metadata, rules } of all.filter((one) => one.rules !== undefined)) {
      const text = JSON.stringify(rules);
      const title = `${kind} ${metadata.name}`;
      expect(text, title).not.to.match(/"\*"|impersonate|escalate|bind|serviceaccounts/);
      for (const { resources, resourceNames, verbs } of rules) {
        if (!resources.some((resource) => resource.startsWith("secrets"))) continue;
        expect(kind, title).to.equal("Role");
        // The name of what is created cannot be restricted.
        if (verbs.join(" ") !== "create") expect(resourceNames, title).to.deep.equal(["fairlead-takeover"]);
      }
    }
  });
});

describe("the pods", () => {
  const controller = find("Deployment", "fairlead-controller").spec;
  const speaker = find("DaemonSet", "fairlead-speaker").spec;

  it("are selected by the labels that they carry", () => {
    for (const [spec, component] of [
      [controller, "controller"],
      [speaker, "speaker"],
    ] as const) {
      const labels = { ...LABELS, "app.kubernetes.io/component": component };
      expect(spec.selector.matchLabels).to.deep.equal(labels);
      expect(spec.template.metadata.labels).to.deep.equal(labels);
      expect(spec.template.spec.serviceAccountName).to.equal(`fairlead-${component}`);
    }
  });

  it("can do nothing with their root file system, their privileges and unusual system calls", () => {
    // What a speaker keeps for its next start lies in memory, for it holds keys.
    const state = [{ name: "state", emptyDir: { medium: "Memory", sizeLimit: "64Mi" } }];
    for (const [{ spec }, volumes] of [
      [controller.template, undefined],
      [speaker.template, state],
    ] as const) {
      expect(spec.securityContext.seccompProfile).to.deep.equal({ type: "RuntimeDefault" });
      expect([spec.hostPID, spec.hostIPC, spec.volumes]).to.deep.equal([undefined, undefined, volumes]);
      expect(spec.containers).to.have.length(1);
      const { securityContext } = spec.containers[0];
      expect(securityContext.allowPrivilegeEscalation).to.equal(false);
      expect(securityContext.readOnlyRootFilesystem).to.equal(true);
      expect(securityContext.privileged ?? false).to.equal(false);
    }
  });

  it("of the controller are not root, have no capability and no part of the node", () => {
    const { spec } = controller.template;
    expect(spec.hostNetwork).to.equal(undefined);
    expect(spec.securityContext).to.include({ runAsNonRoot: true, runAsUser: 65532, runAsGroup: 65532 });
    expect(spec.containers[0].securityContext.capabilities).to.deep.equal({ drop: ["ALL"] });
  });

  it("of the speaker have NET_RAW alone, the node's network, and run on every node", () => {
    const { spec } = speaker.template;
    expect(spec.containers[0].securityContext.capabilities).to.deep.equal({
      drop: ["ALL"],
      add: ["NET_RAW"],
    });
    expect(spec).to.include({ hostNetwork: true, dnsPolicy: "ClusterFirstWithHostNet" });
    expect(spec.tolerations).to.deep.equal([{ operator: "Exists" }]);
    expect(spec.priorityClassName).to.equal("system-node-critical");
    expect(speaker.updateStrategy).to.deep.equal({
      type: "RollingUpdate",
      rollingUpdate: { maxUnavailable: 1 },
    });
  });

  it("have bounded memory, a CPU request and no CPU limit", () => {
    for (const [template, cpu, limit] of [
      [controller.template, "25m", "256Mi"],
      [speaker.template, "100m", "320Mi"],
    ] as const) {
      expect(template.spec.containers[0].resources).to.deep.equal({
        requests: { cpu, memory: "128Mi" },
        limits: { memory: limit },
      });
    }
  });

  it("are asked on their own ports whether they work and live", () => {
    for (const [template, port, host] of [
      [controller.template, 7951, undefined],
      [speaker.template, 7952, "127.0.0.1"],
    ] as const) {
      const [container] = template.spec.containers;
      expect(container.ports[0]?.containerPort).to.equal(port);
      expect(container.readinessProbe.httpGet).to.include({ path: "/readyz", port: "http" });
      expect(container.livenessProbe.httpGet).to.include({ path: "/healthz", port: "http" });
      expect(container.readinessProbe.httpGet.host).to.equal(host);
      expect(container.livenessProbe.httpGet.host).to.equal(host);
    }
  });

  it("learn their node, name and namespace from Kubernetes", () => {
    const fields = (template: Template) =>
      Object.fromEntries(
        template.spec.containers[0].env.map((one) => [one.name, one.valueFrom.fieldRef.fieldPath]),
      );
    const own = { POD_NAME: "metadata.name", POD_NAMESPACE: "metadata.namespace" };
    expect(fields(controller.template)).to.deep.equal(own);
    const node = { NODE_NAME: "spec.nodeName", NODE_ADDRESS: "status.hostIP" };
    expect(fields(speaker.template)).to.deep.equal({ ...own, ...node });
  });

  it("run the pinned Node with a small young generation", () => {
    for (const [template, program, mebibytes] of [
      [controller.template, "controller", 2],
      [speaker.template, "speaker", 1],
    ] as const) {
      expect(template.spec.containers[0].command).to.deep.equal([
        "/usr/bin/node",
        `--max-semi-space-size=${mebibytes}`,
        "--disable-proto=throw",
        `/app/${program}.mjs`,
      ]);
    }
  });

  it("of the controller are two, apart if possible, and a drain takes one at a time", () => {
    expect(controller.replicas).to.equal(2);
    expect(controller.template.spec.priorityClassName).to.equal("system-cluster-critical");
    expect(controller.template.spec.affinity).to.have.nested.property(
      "podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].podAffinityTerm.topologyKey",
      "kubernetes.io/hostname",
    );
    const budget = find("PodDisruptionBudget", "fairlead-controller").spec;
    expect(budget).to.deep.include({ maxUnavailable: 1, selector: controller.selector });
  });
});
