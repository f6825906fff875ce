import { err as failed, ok } from "@fairlead/net/result.ts";
import { VERSION } from "@fairlead/runtime/version.ts";
import { expect } from "chai";
import { clusterOf, pool, service, virtualIP } from "./testing/cluster.ts";
import { memoryFiles } from "./testing/files.ts";
import { poolOf } from "./testing/found.ts";
import { type Outcome, runProgram } from "./testing/run-program.ts";

const FILES = memoryFiles({
  good: poolOf("addresses: [198.51.100.0/28]"),
  noted: poolOf("addresses: [198.51.100.1/28]"),
  bad: poolOf("addresses: [x]"),
  huge: `# ${"x".repeat(16 * 2 ** 20)}`,
  same: poolOf("addresses: [198.51.100.0]"),
  more: poolOf("addresses: [198.51.100.0-198.51.100.2]"),
  other: poolOf("addresses: [203.0.113.0]").replace("lan", "other"),
  service: "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {type: LoadBalancer}\n",
  "-": poolOf("addresses: [y]"),
});

const CLUSTER = clusterOf({
  pools: [pool("lan", ["198.51.100.0"])],
  services: [service("a", ["198.51.100.0"]), service("b", [])],
  virtualIPs: [virtualIP("198.51.100.0", "lan", "a")],
});

/** Runs the program with these arguments. */
function fairlead(...argv: readonly string[]): Promise<Outcome> {
  return runProgram(argv, {
    files: FILES,
    cluster: async ({ context }) => (context === "gone" ? failed("cannot list services: gone") : ok(CLUSTER)),
    connect: () => failed("there is no kubeconfig"),
  });
}

describe("fairlead", () => {
  const statuses: readonly [argv: string, status: number, err: string][] = [
    ["validate -f good", 0, ""],
    ["validate -f noted", 0, ""],
    ["validate -f bad", 1, ""],
    ["validate --filename good -f bad -o json", 1, ""],
    ["validate -f -", 1, ""],
    ["validate -f nowhere", 66, "fairlead: nowhere cannot be read: there is no such file\n"],
    ["validate -f good -f nowhere", 66, "fairlead: nowhere cannot be read: there is no such file\n"],
    ["validate -f huge", 66, "fairlead: huge has more than 16 MiB; split it\n"],
    ["validate", 64, "fairlead: name at least one file with -f; see fairlead --help\n"],
    ["validate good", 64, "fairlead: name at least one file with -f; see fairlead --help\n"],
    ["validate -f", 64, "fairlead: name at least one file with -f; see fairlead --help\n"],
    ["validate -f good bad", 64, "fairlead: Unknown argument: bad; see fairlead --help\n"],
    ["validate -f good --strict", 64, "fairlead: Unknown argument: strict; see fairlead --help\n"],
    ["plan -f same", 0, ""],
    ["plan -f more", 2, ""],
    ["plan -f more -o json", 2, ""],
    ["plan -f other --prune=false", 2, ""],
    ["plan -f same -f more", 1, "already"],
    ["plan -f bad", 1, 'bad:6:15: error: IPAddressPool "lan", spec.addresses[0]'],
    [
      "plan -f service",
      1,
      "fairlead: the files have no IPAddressPool, so that nothing would change; name a file that has one\n",
    ],
    ["plan -f service --prune", 0, ""],
    ["plan -f same --context gone", 1, "fairlead: cannot list services: gone\n"],
    ["plan -f nowhere", 66, "fairlead: nowhere cannot be read: there is no such file\n"],
    ["plan", 64, "fairlead: name at least one file with -f; see fairlead --help\n"],
    ["move 192.0.2.1 --to b", 1, "fairlead: there is no kubeconfig\n"],
    ["move 192.0.2.1", 64, "fairlead: name the node with --to; see fairlead --help\n"],
    ["move 192.0.2.1 --to b --wait-seconds x", 64, "write --wait-seconds as a number from 0 to 86400"],
    ["move 192.0.2.1/32 --to b", 64, "192.0.2.1/32"],
    ["move web/shop --to b", 64, "web/shop"],
    ["move --to b", 64, "fairlead: Not enough"],
    ["drain a", 1, "fairlead: there is no kubeconfig\n"],
    ["drain", 64, "fairlead: Not enough"],
    ["drain a b", 64, "fairlead: Unknown argument: b; see fairlead --help\n"],
    ["valdate", 64, "fairlead: Unknown argument: valdate; see fairlead --help\n"],
    ["", 64, "fairlead: name a command; see fairlead --help\n"],
  ];
  for (const [line, status, err] of statuses) {
    it(`${line} ends with status ${status}`, async () => {
      const outcome = await fairlead(...line.split(" ").filter((word) => word !== ""));
      expect(outcome).to.include({ status });
      if (err === "" || err.endsWith("\n")) expect(outcome.err).to.equal(err);
      else expect(outcome.err).to.contain(err);
      if (status === 64) expect(outcome.out).to.equal("");
    });
  }

  it("validate -o xml ends with status 64 and names the choices", async () => {
    const { status, err } = await fairlead("validate", "-f", "good", "-o", "xml");
    expect(status).to.equal(64);
    expect(err).to.match(/text.*json/);
  });

  it("validate judges what can be read, each file once, and calls the standard input so", async () => {
    const { out } = await fairlead("validate", "-f", "nowhere", "-f", "bad", "-f", "bad", "-f", "-");
    expect(out).to.contain("bad:6:15: error:").and.to.contain("stdin:6:15: error:");
    expect(out).to.contain("\n3 errors and 0 notes in 2 objects\n");
  });

  it("validate -o json writes JSON alone", async () => {
    const { out } = await fairlead("validate", "-f", "bad", "-o", "json");
    expect(JSON.parse(out)).to.include({ valid: false, errors: 1 });
  });

  it("plan prints a table, or JSON alone", async () => {
    const table = await fairlead("plan", "-f", "more");
    expect(table.out).to.contain("SERVICE").and.to.contain("Of 2 Services, 1 would get an address.");
    const json = await fairlead("plan", "-f", "more", "-o", "json");
    expect(JSON.parse(json.out)).to.include({ changed: true, services: 2 });
  });

  it("plan says of files with errors what validate says", async () => {
    const [plan, validate] = [await fairlead("plan", "-f", "bad"), await fairlead("validate", "-f", "bad")];
    expect(plan).to.deep.equal({ status: 1, out: "", err: validate.out });
  });

  it("--version tells the version", async () => {
    expect(await fairlead("--version")).to.deep.equal({ status: 0, out: `${VERSION}\n`, err: "" });
  });

  it("--help tells the commands, and of a command its options and statuses, under the name it was called by", async () => {
    const { status, out } = await fairlead("--help");
    expect(status).to.equal(0);
    expect(out).to.contain("fairlead validate");
    const help = await fairlead("validate", "--help");
    expect(help.status).to.equal(0);
    expect(help.out)
      .to.contain("--filename")
      .and.to.contain("Exit status: 0")
      .and.to.contain("fairlead validate -f");
  });
});
