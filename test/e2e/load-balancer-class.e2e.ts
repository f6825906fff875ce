import type { Service } from "@fairlead/api/core/service.ts";
import { expect } from "chai";
import type { Lab } from "../lab/lab.ts";
import { settled } from "./support/audit.ts";
import { cluster } from "./support/cluster.ts";
import { controllerArguments } from "./support/controllers.ts";
import { advertisement, type Manifest, pool, service, web } from "./support/objects.ts";
import { outcomes } from "./support/outcomes.ts";
import { announcer, apply, page, paths, reset } from "./support/steps.ts";

const OURS = "fairlead.dev/lan";
const OTHER = "example.com/other";

/** A Service of a class that asks for this address, so that it matters who comes first for nobody. */
const asking = (name: string, ip: string, loadBalancerClass?: string): Manifest =>
  service(name, {
    annotations: { "fairlead.dev/loadBalancerIPs": ip },
    spec: loadBalancerClass === undefined ? {} : { loadBalancerClass },
  });

describe("the class of a Service", () => {
  let lab: Lab;

  before(async () => {
    lab = await cluster();
    await reset(lab);
    await apply(
      lab,
      pool("lan", { addresses: ["198.51.100.200-198.51.100.209"] }),
      advertisement("lan", {}),
      web(),
      asking("without", "198.51.100.200"),
      asking("ours", "198.51.100.201", OURS),
      asking("other", "198.51.100.202", OTHER),
    );
    const { status, text } = await lab.api.send("PATCH", `${paths.service("other")}/status`, {
      body: { status: FOREIGN },
      contentType: "application/merge-patch+json",
    });
    expect(status, text).to.equal(200);
  });
  after(async () => {
    await controllerArguments(lab);
    await reset(lab);
  });

  const untouched = async (name: string, status: object): Promise<void> => {
    await settled(lab, 1000);
    const { status: seen } = await lab.api.get<Service>(paths.service(name));
    expect(seen).to.deep.equal(status);
  };

  it("is none by default: those without a class are served, all others are not touched", async () => {
    await outcomes(lab, { without: "198.51.100.200" });
    await page(lab, "client-1", "198.51.100.200");
    await untouched("ours", { loadBalancer: {} });
    await untouched("other", FOREIGN);
  });

  it("is exactly the one that the controller was given: those without one keep what they had, others are not touched", async () => {
    await settled(lab, 1000);
    const { status: before } = await lab.api.get<Service>(paths.service("without"));
    await controllerArguments(lab, `--load-balancer-class=${OURS}`);
    await apply(lab, asking("late", "198.51.100.203", OURS));
    const { ours } = await outcomes(lab, { ours: "198.51.100.201", late: "198.51.100.203" });
    expect(ours).to.equal('It has 198.51.100.201 (pool "lan").');
    await announcer(lab, "198.51.100.201");
    await page(lab, "client-1", "198.51.100.201");
    await apply(lab, asking("late-without", "198.51.100.204"));
    await untouched("late-without", { loadBalancer: {} });
    await untouched("without", before ?? {});
    await page(lab, "client-1", "198.51.100.200");
    await untouched("other", FOREIGN);
  });

  it("may be none beside that one if the controller is told so; nobody's address changes for it", async () => {
    await controllerArguments(lab, `--load-balancer-class=${OURS}`, "--also-classless");
    await outcomes(lab, {
      ours: "198.51.100.201",
      late: "198.51.100.203",
      "late-without": "198.51.100.204",
      without: "198.51.100.200",
    });
    await page(lab, "client-1", "198.51.100.200");
    await untouched("other", FOREIGN);
  });
});

/** What somebody else wrote on a Service of another class. */
const FOREIGN = { loadBalancer: { ingress: [{ ip: "198.51.100.209", ipMode: "VIP" }] } };
