import { customResourceDefinition, KINDS } from "@fairlead/api/crd.ts";
import { expect } from "chai";
import { unanswered } from "../lab/attempt.ts";
import { CommandError } from "../lab/command.ts";
import type { Lab } from "../lab/lab.ts";
import { cluster } from "./support/cluster.ts";
import { advertisement, type Manifest, pool, service, web } from "./support/objects.ts";
import { outcomes } from "./support/outcomes.ts";
import { rolledOut } from "./support/served.ts";
import { address, announcer, apply, condition, page, paths, reset, urlOf } from "./support/steps.ts";

const ADDRESSES = "fairlead.dev/loadBalancerIPs";
const POOL = "fairlead.dev/address-pool";
const ANNOUNCED = "fairlead.dev/Announced";
const WIRE = "lan7";

/** A pool that is handed out of only on request. */
const reserved = (name: string, ...addresses: readonly string[]): Manifest =>
  pool(name, { addresses, autoAssign: false });
/** A Service that asks for a pool of the same name. */
const of = (name: string, pool = name, spec = {}): Manifest =>
  service(name, { annotations: { [POOL]: pool }, spec });
const at = (name: string, ip: string): Manifest => service(name, { annotations: { [ADDRESSES]: ip } });

/** Ranges of which the rules in the API server cannot tell that they run backward. */
const BACKWARD6 = "2001:db8:10:1::-2001:db8:10::ffff";

/** What is wrong in these, each in another way, beside what is right. */
const BAD: readonly Manifest[] = [
  pool("twin", { addresses: ["198.51.100.209-198.51.100.210"], autoAssign: false }),
  reserved("useless", BACKWARD6),
  reserved("wire", "198.51.100.230"),
  reserved("far", "198.51.100.231"),
  reserved("lonely", "198.51.100.232"),
  advertisement("half", { ipAddressPools: ["twin", "missing"] }),
  advertisement("wire", { ipAddressPools: ["wire"], interfaces: [WIRE] }),
  advertisement("far", { ipAddressPools: ["far"], nodeSelectors: [{ matchLabels: { zone: "far" } }] }),
  at("twin", "198.51.100.210"),
  of("useless", "useless", { ipFamilies: ["IPv6"] }),
  of("wire"),
  of("far"),
  of("lonely"),
  of("missing"),
  at("outside", "198.51.100.240"),
];

describe("wrong objects, all at the same time,", () => {
  let lab: Lab;
  let steady: string;
  let probing: Awaited<ReturnType<Lab["probe"]>>;

  before(async () => {
    lab = await cluster();
    await reset(lab);
    await apply(
      lab,
      pool("good", { addresses: ["198.51.100.200-198.51.100.209"] }),
      advertisement("good", { ipAddressPools: ["good", "extra", "broken"] }),
      pool("extra", { addresses: ["198.51.100.211"], autoAssign: false }),
      web(),
      service("steady"),
    );
    await rolledOut(lab, "web");
    steady = await address(lab, "steady");
    await page(lab, "client-1", steady);
    probing = await lab.probe("client-1", { kind: "http", url: urlOf(steady) }, { everyMs: 100 });
    await apply(lab, ...BAD);
  });
  after(async () => {
    await probing.stop();
    await lab.kubectl(["label", "node", "node-2", "zone-"]);
    await lab.exec("node-3", ["sh", "-c", `ip link del ${WIRE} 2>/dev/null || true`]);
    await reset(lab);
  });

  /** A Service that has nothing to do with what is wrong is served. */
  async function served(name: string): Promise<void> {
    await apply(lab, service(name));
    await page(lab, "client-2", await address(lab, name));
    await lab.kubectl(["delete", "service", name]);
  }

  it("are refused by kubectl with field, value and remedy, and what stands beside them in the file is taken and served", async () => {
    const manifests = [
      pool("wrong", { addresses: ["198.51.100.300"] }),
      pool("backward", { addresses: ["198.51.100.229-198.51.100.225"] }),
      pool("mixed", { addresses: ["198.51.100.220-2001:db8:10::220"] }),
      advertisement("bad-name", { interfaces: ["eth 0"] }),
      of("beside", "extra"),
    ];
    const failed = await apply(lab, ...manifests).catch((error: unknown) => error);
    if (!(failed instanceof CommandError)) throw new Error("kubectl took wrong objects");
    const { stderr } = failed.result;
    expect(stderr).to.contain(
      '"198.51.100.300": "198.51.100.300" is not an IPv4 address: one of its numbers is above 255',
    );
    expect(stderr).to.contain('runs backward; write "198.51.100.225-198.51.100.229"');
    expect(stderr).to.contain("mixes IPv4 and IPv6; give each family a range of its own");
    expect(stderr).to.contain('spec.interfaces[0]: Invalid value: "eth 0"');
    await page(lab, "client-2", await address(lab, "beside"));
    await served("fresh-1");
  });

  it("that an API server with older rules took are told on the pool entry by entry; its other entries are handed out", async () => {
    const kind = KINDS.find(({ plural }) => plural === "ipaddresspools");
    if (kind === undefined) throw new Error("there is no kind of pools");
    const definition = customResourceDefinition(kind);
    const withoutRules = JSON.parse(JSON.stringify(definition), (key, value) =>
      key === "x-kubernetes-validations" ? undefined : value,
    );
    const broken = reserved(
      "broken",
      "198.51.100.300",
      "198.51.100.229-198.51.100.225",
      "198.51.100.220-2001:db8:10::220",
      "198.51.100.221",
    );
    try {
      await apply(lab, withoutRules);
      await lab.waitFor("the rules are gone", async () => {
        await apply(lab, broken);
        return true;
      });
    } finally {
      await apply(lab, definition as unknown as Manifest);
    }
    await apply(lab, of("broken"), of("broken-too", "broken"));
    const wanted = { type: "Ready", status: "False", reason: "InvalidAddresses" };
    const { message } = await condition(lab, paths.pool("broken"), wanted);
    expect(message).to.equal(
      'spec.addresses[0]: "198.51.100.300" is not an IPv4 address: 300 is above 255; ' +
        'spec.addresses[1]: "198.51.100.229-198.51.100.225" runs backward; write "198.51.100.225-198.51.100.229"; ' +
        'spec.addresses[2]: "198.51.100.220-2001:db8:10::220" mixes IPv4 and IPv6; give each family a range of its own; ' +
        "the other entries are used.",
    );
    const said = await outcomes(lab, { broken: "198.51.100.221", "broken-too": "PoolExhausted" });
    expect(said["broken-too"]).to.contain('ool "broken" has 1 of its 1 IPv4 addresses in use');
    await page(lab, "client-2", "198.51.100.221");
    await served("fresh-2");
  });

  it("such as a pool without a usable address are told on it and on the Service that asks for it", async () => {
    const wanted = { type: "Ready", status: "False", reason: "InvalidAddresses" };
    const { message } = await condition(lab, paths.pool("useless"), wanted);
    const fault = `spec.addresses[0]: "${BACKWARD6}" runs backward; write "2001:db8:10::ffff-2001:db8:10:1::"`;
    expect(message).to.equal(`${fault}; no address is usable.`);
    const said = await outcomes(lab, { useless: "FamilyNotAvailable" });
    expect(said.useless).to.equal(
      `It has no address. Pool "useless" has no IPv6 addresses (${fault}); add IPv6 addresses to a pool.`,
    );
  });

  it("such as pools that overlap are told on both and are used", async () => {
    const wanted = { type: "Overlapping", status: "True", reason: "SharesAddresses" };
    const good = await condition(lab, paths.pool("good"), wanted);
    expect(good.message).to.contain('It shares 198.51.100.209 with pool "twin".');
    const twin = await condition(lab, paths.pool("twin"), wanted);
    expect(twin.message).to.contain('It shares 198.51.100.209 with pool "good".');
    await outcomes(lab, { twin: "198.51.100.210" });
  });

  it("such as a Service that asks for a pool that is not there or an address of no pool are told on it", async () => {
    const said = await outcomes(lab, { missing: "PoolNotFound", outside: "AddressNotInAnyPool" });
    expect(said.missing).to.contain(
      `nnotation ${POOL} asks for pool "missing", which does not exist; create it, correct the name or remove the annotation.`,
    );
    expect(said.outside).to.match(
      /fairlead.dev\/loadBalancerIPs asks for 198.51.100.240, which is in no pool \(.*\); ask for another address or add it to an IPAddressPool\.$/,
    );
  });

  it("such as an advertisement that names a pool that is not there are told on it, and its other pools are announced", async () => {
    const wanted = { type: "Ready", status: "False", reason: "UnknownPool" };
    const { message } = await condition(lab, paths.advertisement("half"), wanted);
    expect(message).to.equal(
      'spec.ipAddressPools[1] names pool "missing", which does not exist: create it or correct the name.',
    );
    await page(lab, "client-2", "198.51.100.210");
  });

  it("such as an advertisement that names an interface that no node has are told on it and on the Service", async () => {
    const wanted = { type: "Ready", status: "False", reason: "UnknownInterface" };
    const { message } = await condition(lab, paths.advertisement("wire"), wanted);
    expect(message).to.equal(
      `spec.interfaces[0] names interface "${WIRE}", which does not exist: no node has it; correct the name as "ip link" shows it.`,
    );
    expect(await unannounced("wire")).to.equal(
      `NoEligibleNode: Nothing answers for 198.51.100.230: no node may (node-1, node-2, node-3: none of the advertisement's interfaces (${WIRE}) is there with a link); correct spec.interfaces of L2Advertisement "wire" or bring the link up.`,
    );
  });

  it("such as an advertisement whose node selector matches nobody are told on it and on the Service", async () => {
    const wanted = { type: "Ready", status: "False", reason: "NoNodeSelected" };
    const { message } = await condition(lab, paths.advertisement("far"), wanted);
    expect(message).to.equal(
      'spec.nodeSelectors[0] is {"matchLabels":{"zone":"far"}}, which matches the labels of no node: correct it or label a node.',
    );
    expect(await unannounced("far")).to.equal(
      'NoEligibleNode: Nothing answers for 198.51.100.231: no node may (node-1, node-2, node-3: not selected by L2Advertisement "far"); change spec.nodeSelectors of L2Advertisement "far" or label a node.',
    );
  });

  it("such as a pool that no advertisement is for are told on the Service", async () => {
    expect(await unannounced("lonely")).to.equal(
      'NoAdvertisement: Nothing answers for 198.51.100.232: no L2Advertisement is for pool "lonely" and the Service\'s labels; create one.',
    );
  });

  it("are seen where people look: kubectl get -o wide and kubectl describe", async () => {
    const [pools, advertisements, addresses] = await Promise.all(
      ["ippool", "l2adv", "vip"].map((kind) => lab.kubectl(["get", kind, "-o", "wide"])),
    );
    expect(pools).to.match(/useless .*False .*runs backward; write/);
    expect(advertisements).to.match(/wire .*False .*names interface "lan7", which does not exist/);
    expect(addresses).to.match(
      /198\.51\.100\.231 .*far .*Bound +False .*not selected by L2Advertisement "far"/,
    );
    const missing = await lab.kubectl(["describe", "service", "missing"]);
    expect(missing).to.match(
      /Warning +PoolNotFound .*asks for pool "missing", which does not exist; create it/,
    );
    const wire = await lab.kubectl(["describe", "service", "wire"]);
    expect(wire).to.match(/Normal +Allocated .*It has 198\.51\.100\.230 \(pool "wire"\)\./);
    expect(wire).to.match(/Warning +NoEligibleNode .*correct spec\.interfaces of L2Advertisement "wire"/);
  });

  it("are taken up by themselves as each becomes right", async () => {
    await apply(
      lab,
      reserved("useless", "2001:db8:10::fff0-2001:db8:10::ffff"),
      reserved("broken", "198.51.100.221-198.51.100.222"),
      pool("twin", { addresses: ["198.51.100.210"], autoAssign: false }),
      reserved("missing", "198.51.100.233"),
      reserved("more", "198.51.100.240"),
      advertisement("lonely", { ipAddressPools: ["lonely", "more"] }),
    );
    await lab.kubectl(["label", "node", "node-2", "zone=far"]);
    await lab.exec("node-3", [
      "sh",
      "-c",
      `ip link add ${WIRE} up type veth peer name ${WIRE}p && ip link set ${WIRE}p up`,
    ]);
    await outcomes(lab, {
      useless: "2001:db8:10::fff0",
      "broken-too": "198.51.100.222",
      missing: "198.51.100.233",
      outside: "198.51.100.240",
      twin: "198.51.100.210",
    });
    for (const name of ["useless", "broken", "twin", "good"]) {
      const { message } = await condition(lab, paths.pool(name), { type: "Ready", status: "True" });
      expect(message).to.equal("All its addresses are usable.");
    }
    for (const name of ["half", "wire", "far", "lonely"]) {
      await condition(lab, paths.advertisement(name), { type: "Ready", status: "True", reason: "InEffect" });
    }
    expect(await announcer(lab, "198.51.100.230")).to.equal("node-3");
    expect(await announcer(lab, "198.51.100.231")).to.equal("node-2");
    for (const ip of [
      "198.51.100.221",
      "198.51.100.231",
      "198.51.100.232",
      "198.51.100.233",
      "198.51.100.240",
    ])
      await page(lab, "client-2", ip);
    for (const name of ["wire", "far", "lonely"]) {
      await lab.waitFor(`Service ${name} has no condition ${ANNOUNCED}`, async (see) => {
        const { status } = await lab.api.get<{ status?: { conditions?: { type: string }[] } }>(
          paths.service(name),
        );
        see(status);
        return status?.conditions?.every(({ type }) => type !== ANNOUNCED);
      });
    }
  });

  it("cost no other Service a single connection", async () => {
    await served("fresh-3");
    const attempts = await probing.stop();
    expect(attempts.length).to.be.greaterThan(50);
    expect(unanswered(attempts)).to.deep.equal([]);
    await outcomes(lab, { steady });
  });

  /** Why nothing answers for a Service's address, as its condition says. */
  async function unannounced(name: string): Promise<string> {
    const wanted = { type: ANNOUNCED, status: "False" };
    const { reason, message } = await condition(lab, paths.service(name), wanted);
    return `${reason}: ${message}`;
  }
});
