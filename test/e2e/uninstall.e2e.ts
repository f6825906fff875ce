import { resolve } from "node:path";
import type { Service } from "@fairlead/api/core/service.ts";
import { expect } from "chai";
import { INSTALL_DEADLINE_MS, installFairlead } from "../install/fairlead.ts";
import { type CommandResult, run } from "../lab/command.ts";
import type { Lab } from "../lab/lab.ts";
import { cluster } from "./support/cluster.ts";
import { controllerArguments } from "./support/controllers.ts";
import { advertisement, pool, service, web } from "./support/objects.ts";
import { outcomes } from "./support/outcomes.ts";
import { address, apply, merge, paths, reset } from "./support/steps.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const OURS = "service.kubernetes.io/load-balancer-cleanup";
const THEIRS = "example.com/theirs";

describe("make uninstall", () => {
  let lab: Lab;
  before(async () => {
    lab = await cluster();
    await reset(lab);
    await apply(
      lab,
      pool("lan", { addresses: ["198.51.100.200-198.51.100.205"] }),
      web(),
      advertisement("all", {}),
    );
  });
  after(async () => {
    await installFairlead(lab);
    await reset(lab);
  });

  const uninstall = (): Promise<CommandResult> => {
    const { PATH = "" } = process.env;
    const environment = { ...process.env, KUBECONFIG: lab.kubeconfig, PATH: `${lab.programs}:${PATH}` };
    return run(["make", "-C", ROOT, "uninstall"], { environment, deadlineMs: INSTALL_DEADLINE_MS });
  };
  const finalizersOf = async (name: string): Promise<readonly string[]> =>
    (await lab.api.get<Service>(paths.service(name))).metadata.finalizers ?? [];

  it("leaves Services with their addresses, without our finalizer and with others', and nothing else of ours", async function () {
    this.timeout(300_000);
    await controllerArguments(lab, "--service-finalizer");
    await apply(lab, service("ours"), service("both"), service("theirs"));
    const ips = {
      ours: await address(lab, "ours"),
      both: await address(lab, "both"),
      theirs: await address(lab, "theirs"),
    };
    await lab.waitFor("all have our finalizer", async () =>
      (await Promise.all(Object.keys(ips).map(finalizersOf))).every((list) => list.includes(OURS)),
    );
    await merge(lab, paths.service("both"), { metadata: { finalizers: [THEIRS, OURS] } });
    // Who writes the list himself owns it, as another load balancer's controller would.
    await controllerArguments(lab);
    await lab.waitFor("the option is off", async () => (await finalizersOf("theirs")).length === 0);
    await merge(lab, paths.service("theirs"), { metadata: { finalizers: [OURS] } });
    await controllerArguments(lab, "--service-finalizer");
    await lab.waitFor("Services have it again", async () => (await finalizersOf("ours")).includes(OURS));
    const { stdout } = await uninstall();
    expect(stdout).to.match(/taking the finalizer off \d Services?\n/);
    expect(await finalizersOf("ours")).to.deep.equal([]);
    expect(await finalizersOf("both")).to.deep.equal([THEIRS]);
    expect(await finalizersOf("theirs")).to.deep.equal([OURS]);
    for (const [name, ip] of Object.entries(ips)) expect(await address(lab, name)).to.equal(ip);
    const left = await lab.kubectl(["get", "crd,clusterrole,clusterrolebinding,namespace", "-o", "name"]);
    expect(left.split("\n").filter((line) => line.includes("fairlead"))).to.deep.equal([]);
    for (const name of ["both", "theirs"])
      await merge(lab, paths.service(name), { metadata: { finalizers: null } });
    await lab.kubectl(["delete", "service", "ours", "--timeout=20s"]);
  });

  it("does nothing more the second time, and who installs anew adopts the addresses", async function () {
    this.timeout(300_000);
    const { stdout } = await uninstall();
    expect(stdout).to.contain("taking the finalizer off 0 Services").and.not.to.contain("stopping");
    const both = await address(lab, "both");
    await installFairlead(lab);
    await apply(lab, pool("lan", { addresses: ["198.51.100.200-198.51.100.205"] }), advertisement("all", {}));
    await outcomes(lab, { both });
  });
});
