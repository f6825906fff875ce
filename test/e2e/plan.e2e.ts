import { join, resolve } from "node:path";
import { expect } from "chai";
import { type CommandResult, run } from "../lab/command.ts";
import type { Lab } from "../lab/lab.ts";
import { cluster } from "./support/cluster.ts";
import { controllerArguments } from "./support/controllers.ts";
import { clear } from "./support/keepings.ts";
import { advertisement, type Manifest, pool, service, web } from "./support/objects.ts";
import { type Outcomes, outcomes } from "./support/outcomes.ts";
import { apply, reset } from "./support/steps.ts";

const ROOT = resolve(import.meta.dirname, "../..");

const ip = (last: number): string => `198.51.100.${last}`;
const range = (first: number, last: number): string => `${ip(first)}-${ip(last)}`;

interface Plan {
  readonly changed: boolean;
  readonly services: number;
  readonly changes: readonly {
    readonly service: string;
    readonly kind: string;
    readonly now: readonly string[];
    readonly planned: readonly string[];
  }[];
}

describe("fairlead plan", () => {
  let lab: Lab;
  before(async () => {
    lab = await cluster();
    await reset(lab);
    await controllerArguments(lab, "--gone-grace-seconds=1");
    await apply(lab, web(), advertisement("all", {}));
  });
  after(async () => {
    await controllerArguments(lab);
    await reset(lab);
  });
  afterEach(() => clear(lab));

  const plan = (input: string, ...args: readonly string[]): Promise<CommandResult> =>
    run(
      [
        process.execPath,
        join(ROOT, "packages/cli/src/main.ts"),
        "plan",
        "-f",
        "-",
        "--kubeconfig",
        lab.kubeconfig,
        ...args,
      ],
      { input, accept: [0, 1, 2] },
    );

  /** What the plan says, as `name kind: now -> planned`. */
  const changesOf = async (
    manifests: readonly Manifest[],
    ...args: readonly string[]
  ): Promise<readonly string[]> => {
    const items = JSON.stringify({ apiVersion: "v1", kind: "List", items: manifests });
    const { code, stdout, stderr } = await plan(items, "-o", "json", ...args);
    expect(stderr).to.equal("");
    const { changed, changes }: Plan = JSON.parse(stdout);
    expect(code).to.equal(changed ? 2 : 0);
    return changes.map(({ service: key, kind, now, planned }) => `${key} ${kind}: ${now} -> ${planned}`);
  };

  it("says what then happens when pools shrink, are renumbered and come", async () => {
    const held: Outcomes = { first: ip(200), second: ip(201), waiting: "PoolExhausted" };
    await apply(lab, pool("lan", { addresses: [range(200, 201)] }));
    for (const name of Object.keys(held)) {
      await apply(lab, service(name));
      await outcomes(lab, { [name]: held[name] ?? "" });
    }
    expect(await changesOf([pool("lan", { addresses: [range(200, 201)] })])).to.deep.equal([]);

    const grown = pool("more", { addresses: [range(210, 211)] });
    expect(await changesOf([grown])).to.deep.equal([`default/waiting Gains:  -> ${ip(210)}`]);
    await apply(lab, grown);
    await outcomes(lab, { ...held, waiting: ip(210) });

    const kept = pool("lan", { addresses: [range(201, 202)] });
    expect(await changesOf([kept])).to.deep.equal([`default/first Invalid: ${ip(200)} -> ${ip(200)}`]);
    await apply(lab, kept);
    await outcomes(lab, { ...held, first: `${ip(200)} KeptOutsidePools`, waiting: ip(210) });

    const renumbered = pool("lan", { addresses: [range(201, 202)], onInvalid: "Renumber" });
    const [change = "", ...others] = await changesOf([renumbered]);
    expect(others).to.deep.equal([]);
    expect(change).to.match(/^default\/first Renumbered: 198\.51\.100\.200 -> /);
    await apply(lab, renumbered);
    await outcomes(lab, { ...held, first: change.split(" -> ")[1] ?? "", waiting: ip(210) });
  });

  it("prints a table, writes nothing, and takes pools for deleted that the files do not have only with --prune", async () => {
    await apply(lab, pool("lan", { addresses: [ip(200)] }), service("web"));
    await outcomes(lab, { web: ip(200) });
    const other = JSON.stringify(pool("other", { addresses: [ip(210)] }));
    expect(await plan(other)).to.deep.include({ code: 0, stdout: "Nothing would change for 1 Service.\n" });
    const { code, stdout } = await plan(other, "--prune");
    expect(stdout).to.match(
      /^SERVICE {6}NOW {13}THEN {12}WHY\ndefault\/web {2}198\.51\.100\.200 {2}198\.51\.100\.200 {2}\S/,
    );
    expect(code).to.equal(0);
    expect(await lab.kubectl(["get", "ippool", "-o", "name"])).to.equal("ipaddresspool.fairlead.dev/lan\n");
    await outcomes(lab, { web: ip(200) });
  });

  it("ends with what is wrong if the files hold errors or the cluster cannot be read", async () => {
    const bad = await plan(JSON.stringify(pool("lan", { addresses: ["x"] })));
    expect(bad.code).to.equal(1);
    expect(bad.stderr).to.contain("stdin:1:").and.to.contain('spec.addresses[0]: "x" is not an IP address');
    const context = await plan(JSON.stringify(pool("lan", { addresses: [ip(200)] })), "--context", "none");
    expect(context.code).to.equal(1);
    expect(context.stderr).to.contain('the kubeconfig has no context "none"');
  });
});
