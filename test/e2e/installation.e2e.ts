import { expect } from "chai";
import { parseAllDocuments } from "yaml";
import { loadFairlead, MANIFESTS, NAMESPACE } from "../install/fairlead.ts";
import { installedPods, logOf, programOf } from "../install/pods.ts";
import { CommandError } from "../lab/command.ts";
import { Lab } from "../lab/lab.ts";
import { cluster } from "./support/cluster.ts";
import { advertisement, type Manifest, pool, service, web } from "./support/objects.ts";
import { NET_RAW, NOTHING, processRights } from "./support/process-rights.ts";
import { address, announcer } from "./support/steps.ts";

const USE = [
  pool("lan", { addresses: ["198.51.100.200-198.51.100.209"] }),
  advertisement("lan", {}),
  web("web", { replicas: 1 }),
  service("web"),
];
/** Long enough for what waits after failures in a row: pods without ServiceAccount, kinds that cannot be listed. */
const UP_WITHIN_MS = 90_000;

describe("the installation", function () {
  this.timeout(300_000);
  const name = `install-${process.pid}`;
  let lab: Lab;
  let shipped: readonly Manifest[];

  before(async () => {
    lab = await Lab.up({ name, nodes: 1, clients: 1 });
    await loadFairlead(lab);
    const rendered = await lab.kubectl(["kustomize", MANIFESTS]);
    shipped = parseAllDocuments(rendered).map((document) => document.toJS() as Manifest);
  });
  after(() => Lab.takeDown(name));
  afterEach(async () => {
    const input = listOf([...USE, ...shipped].toReversed());
    const options = ["--ignore-not-found", "--wait=true", "--timeout=60s"];
    await lab.kubectl(["delete", ...options, "-f", "-"], { input, deadlineMs: 90_000, accept: [0, 1] });
    const gone = async (see: (value: unknown) => void): Promise<boolean> => {
      const left = await lab.kubectl(["get", "crd,namespace,service,deployment", "-A", "-o", "name"]);
      see(left);
      return !/fairlead|\/web$/m.test(left);
    };
    // A namespace goes only once the API server has forgotten the kinds that went before it.
    await lab.waitFor("everything is gone", gone, { deadlineMs: 120_000 });
  });

  const isKind = ({ kind }: Manifest): boolean => kind === "CustomResourceDefinition";
  const isWorkload = ({ kind }: Manifest): boolean => kind === "Deployment" || kind === "DaemonSet";

  const orders: readonly (readonly [string, () => readonly Manifest[]])[] = [
    ["in the order of the manifests", () => [...shipped, ...USE]],
    ["backward", () => [...shipped, ...USE].toReversed()],
    [
      "the programs before the kinds and these before the rights",
      () => [
        ...shipped.filter(isWorkload),
        ...USE,
        ...shipped.filter(isKind),
        ...shipped.filter((one) => !isKind(one) && !isWorkload(one)),
      ],
    ],
  ];

  for (const [order, manifests] of orders) {
    it(`in one go with what uses it, ${order}, comes up by itself`, async () => {
      await applied(manifests());
      await comesUp();
    });
  }

  it("comes up by itself when the kinds come long after the programs, which say what they wait for", async () => {
    await applied(shipped.filter((one) => !isKind(one)));
    const wait = /the API server does not know this kind; install its CustomResourceDefinition/;
    const waiting = await lab.waitFor("each program says that the kinds are missing", async (see) => {
      const pods = await installedPods(lab);
      const logs = await Promise.all(pods.map(({ name }) => logOf(lab, name)));
      see(logs.flat().slice(-10));
      const saying = logs.filter((lines) => lines.some(({ problem }) => wait.test(String(problem))));
      return pods.length === 3 && saying.length === 3 && pods;
    });
    expect(waiting.filter(({ ready }) => ready)).to.deep.equal([]);
    await applied([...shipped.filter(isKind), ...USE]);
    await comesUp();
    const pods = await installedPods(lab);
    expect(pods.map(({ uid }) => uid).sort()).to.deep.equal(waiting.map(({ uid }) => uid).sort());
  });

  it("has no admission webhook, no conversion webhook and no certificate", async () => {
    await applied([...shipped, ...USE]);
    await comesUp();
    const webhooks = "validatingwebhookconfigurations,mutatingwebhookconfigurations";
    expect(await lab.kubectl(["get", webhooks, "-o", "name"])).to.equal("");
    await lab.waitFor("the keys are the only Secret", async (see) => {
      const names = await lab.kubectl(["-n", NAMESPACE, "get", "secrets", "-o", "name"]);
      see(names);
      return names.trim() === "secret/fairlead-takeover";
    });
    const strategies = "jsonpath={range .items[*]}{.spec.group} {.spec.conversion.strategy}{'\\n'}{end}";
    const kinds = await lab.kubectl(["get", "crd", "-o", strategies]);
    expect(kinds.trim().split("\n")).to.deep.equal(Array(4).fill("fairlead.dev None"));
  });

  /**
   * Gives kubectl everything at once; it passes over what it finds no kind or namespace for, so it is run again, as whoever
   * installs does, until it takes everything.
   */
  async function applied(manifests: readonly Manifest[]): Promise<void> {
    const input = listOf(manifests);
    await lab.waitFor("kubectl takes everything", async (see) => {
      try {
        return await lab.kubectl(["apply", "-f", "-"], { input });
      } catch (error) {
        if (!(error instanceof CommandError)) throw error;
        see(error.result.stderr);
        return undefined;
      }
    });
  }

  /** Every pod becomes ready without having been started twice, and the Service is served. */
  async function comesUp(): Promise<void> {
    await lab.waitFor(
      "all pods are ready",
      async (see) => {
        const pods = await installedPods(lab);
        see(pods);
        return pods.length === 3 && pods.every(({ ready }) => ready);
      },
      { deadlineMs: UP_WITHIN_MS },
    );
    const ip = await address(lab, "web");
    await announcer(lab, ip);
    const page = await lab.waitFor(`a page through ${ip}`, async (see) => {
      const attempt = await lab.fetch("client-1", `http://${ip}/`);
      see(attempt);
      return attempt.ok && attempt;
    });
    expect(page.status).to.equal(200);
    const restarts = (await installedPods(lab)).map(({ restarts }) => restarts);
    expect(restarts).to.deep.equal([0, 0, 0]);
  }
});

describe("the programs", () => {
  let lab: Lab;

  before(async () => {
    lab = await cluster();
  });

  const COMMON = {
    inheritable: NOTHING,
    ambient: NOTHING,
    noNewPrivileges: true,
    seccompMode: 2,
    rootReadOnly: true,
  };

  it("have no capability, or NET_RAW alone, a filter of system calls and a root file system that is read-only", async () => {
    const seen = { controller: 0, speaker: 0 };
    for (const component of ["controller", "speaker"] as const) {
      for (const { name } of await installedPods(lab, component)) {
        const capabilities = component === "speaker" ? NET_RAW : NOTHING;
        const user = component === "speaker" ? 0 : 65532;
        const rights = processRights(await programOf(lab, name));
        expect(rights, name).to.deep.equal({
          ...COMMON,
          user,
          group: user,
          effective: capabilities,
          permitted: capabilities,
          bounding: capabilities,
          writableMounts: rights.writableMounts,
        });
        const state = component === "speaker" ? ["/run/fairlead"] : [];
        expect(rights.writableMounts, name).to.have.members(["/etc/hosts", ...state]);
        seen[component]++;
      }
    }
    expect(seen).to.deep.equal({ controller: 2, speaker: lab.nodeNames.length });
  });
});

function listOf(items: readonly Manifest[]): string {
  return JSON.stringify({ apiVersion: "v1", kind: "List", items });
}
