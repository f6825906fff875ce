import type { VirtualIP } from "@fairlead/api/virtual-ip.ts";
import { expect } from "chai";
import { installedPods } from "../install/pods.ts";
import { readWebAnswer } from "../lab/attempt.ts";
import type { Lab } from "../lab/lab.ts";
import { fairlead } from "./support/cli.ts";
import { DUAL_STACK } from "./support/held.ts";
import { lan } from "./support/lan.ts";
import { service } from "./support/objects.ts";
import { adopted } from "./support/placed.ts";
import { pairOf, podNames, serve, served } from "./support/served.ts";
import { deletePod } from "./support/speaker-pod.ts";
import {
  apply,
  condition,
  macOf,
  noneHeld,
  paths,
  removeServices,
  reset,
  urlOf,
  virtualIPNameOf,
} from "./support/steps.ts";
import { resolutions } from "./support/wire.ts";

/** For so long the controller of DaemonSets waits for Pods whose events it missed (ExpectationsTimeout, 5 min), and a minute, in ms. */
const EXPECTED_WITHIN_MS = 360_000;

const LOCAL = { ...DUAL_STACK, externalTrafficPolicy: "Local" };

describe("an address of a Service whose endpoints", function () {
  this.timeout(240_000 + 2 * EXPECTED_WITHIN_MS);
  let lab: Lab;

  before(async () => {
    lab = await lan();
  });
  after(() => reset(lab));
  afterEach(async () => {
    await removeServices(lab);
    await noneHeld(lab);
  });

  it("come after its Service, and move, is answered as soon as and where one serves, and says where they are when no node there may answer", async () => {
    await apply(lab, service("early", { app: "early", spec: LOCAL }));
    const vips = await pairOf(lab, "early");
    await condition(lab, paths.service("early"), {
      type: "fairlead.dev/Announced",
      status: "False",
      reason: "NoEndpoints",
    });
    for (const node of ["node-2", "node-3"]) {
      await serve(lab, "early", { replicas: 1, node });
      for (const vip of vips) await answeredFrom(vip, node);
    }
    await withoutSpeaker("node-1", async () => {
      await serve(lab, "early", { replicas: 1, node: "node-1" });
      for (const vip of vips) {
        const path = paths.virtualIP(virtualIPNameOf(vip));
        const wanted = { type: "Announced", status: "False", reason: "NoEligibleNode" };
        const { message } = await condition(lab, path, wanted);
        expect(message).to.contain("only on nodes that may not answer (node-1: no speaker is ready there)");
        const { spec } = await lab.api.get<VirtualIP>(path);
        expect(spec.placement?.nodes).to.deep.equal([]);
      }
    });
    for (const vip of vips) await answeredFrom(vip, "node-1");
  });

  it("are not ready names their Pods on VirtualIP and Service", async () => {
    await serve(lab, "sick", { replicas: 2 });
    const vips = await served(lab, "sick", "sick", DUAL_STACK);
    const pods = (await podNames(lab, "app=sick")).toSorted();
    for (const pod of pods) await lab.kubectl(["exec", pod, "--", "touch", "/tmp/not-ready"]);
    for (const vip of vips) {
      const path = paths.virtualIP(virtualIPNameOf(vip));
      const { message } = await condition(lab, path, {
        type: "Announced",
        status: "False",
        reason: "NoEndpoints",
      });
      expect(message).to.contain(`2 of 2 Pods are not ready (${pods.join(", ")})`);
    }
    const told = await condition(lab, paths.service("sick"), {
      type: "fairlead.dev/Announced",
      status: "False",
    });
    expect(told.message).to.contain(`kubectl -n default describe pod ${pods[0]}`);
    const { code, stdout } = await fairlead(lab, "why", "sick");
    expect(code).to.equal(2);
    const [verdict, cause] = stdout.split("\n");
    expect(verdict).to.equal("service default/sick is not answered as it should be:");
    expect(cause)
      .to.contain(`NoEndpoints: `)
      .and.to.contain(`2 of 2 Pods are not ready (${pods.join(", ")})`);
  });

  /** Waits for a page from a pod on the node, which sees the client's own address, and for the node's MAC. */
  async function answeredFrom(vip: string, node: string): Promise<void> {
    const { clientAddress } = await lab.waitFor(`a page through ${vip} from ${node}`, async (see) => {
      const attempt = await lab.fetch("client-1", urlOf(vip));
      see(attempt);
      const page = attempt.ok && readWebAnswer(attempt.body);
      return page && page.node === node && page;
    });
    const { ipv4, ipv6 } = lab.member("client-1").cables[0] ?? {};
    expect([ipv4, ipv6]).to.include(clientAddress);
    // The record follows the wire.
    await adopted(lab, vip, node);
    // The kernel of client-1, which has just been there, may ask at the same time.
    expect(await resolutions(lab, "client-2", vip)).to.deep.equal([macOf(lab, node)]);
  }

  /**
   * Does something while no speaker may run on the node: Kubernetes starts them where the label says so. The one that runs is deleted
   * here: the DaemonSet's controller would do it too, but has been seen to leave it there for more than 90 s on a busy machine, and to make
   * one more, which it left for 6 minutes, as it had not seen the label.
   */
  async function withoutSpeaker(node: string, run: () => Promise<void>): Promise<void> {
    const label = (os: string) =>
      lab.kubectl(["label", "--overwrite", "node", node, `kubernetes.io/os=${os}`]);
    const speakers = async (ready: boolean): Promise<void> => {
      await lab.waitFor(
        `${node} has ${ready ? "a ready" : "no"} speaker`,
        async (see) => {
          const pods = (await installedPods(lab, "speaker")).filter((pod) => pod.node === node);
          see(pods);
          if (ready) return pods.some((pod) => pod.ready && !pod.terminating);
          for (const { name, terminating } of pods) if (!terminating) await deletePod(lab, name);
          return pods.length === 0;
        },
        { deadlineMs: EXPECTED_WITHIN_MS, everyMs: 1000 },
      );
    };
    await label("none");
    try {
      await speakers(false);
      await run();
    } finally {
      await label("linux");
      await speakers(true);
    }
  }
});
