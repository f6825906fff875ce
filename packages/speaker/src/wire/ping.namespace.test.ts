import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect } from "chai";
import { ip, LAN_UNAVAILABLE, Lan, type Ran } from "../testing/lan.ts";
import { WireAgent } from "../testing/wire-agent.ts";

const VIP = "192.0.2.100";
const VIP6 = "2001:db8::100";
/** Of no subnet of the node; the gateway sends it there all the same. */
const ROUTED = "203.0.113.100";
const RULES = new URL("../../../../docs/examples/refuse-closed-ports.nft", import.meta.url);

const MISSING = ["ping", "nft"].filter((tool) => spawnSync("which", [tool]).status !== 0);
const UNAVAILABLE =
  LAN_UNAVAILABLE ?? (MISSING.length === 0 ? undefined : `skipped: ${MISSING.join(", ")} not installed`);

/** A node that forwards, as nodes do. The client of the LAN is the gateway too, with somebody behind it. */
describe(`a ping on a real segment${UNAVAILABLE === undefined ? "" : ` (${UNAVAILABLE})`}`, function () {
  this.timeout(60_000);
  let lan: Lan;
  let wire: WireAgent;
  const outside = `fls-${process.pid}-outside`;

  before(function () {
    if (UNAVAILABLE !== undefined) this.skip();
    lan = new Lan();
    ip(`netns add ${outside}`);
    ip(`-n ${outside} link add eth0 type veth peer name eth1 netns ${lan.client}`);
    for (const [namespace, name, ...addresses] of [
      [outside, "eth0", "198.51.100.2/24", "2001:db8:1::2/64"],
      [lan.client, "eth1", "198.51.100.1/24", "2001:db8:1::1/64"],
    ] as const) {
      ip(`-n ${namespace} link set ${name} up`);
      ip(`-n ${namespace} addr add ${addresses[0]} dev ${name}`);
      ip(`-n ${namespace} addr add ${addresses[1]} dev ${name} nodad`);
    }
    for (const [namespace, v4, v6] of [
      [outside, "198.51.100.1", "2001:db8:1::1"],
      [lan.node, "192.0.2.2", "2001:db8::2"],
    ] as const) {
      ip(`-n ${namespace} route add default via ${v4}`);
      ip(`-n ${namespace} -6 route add default via ${v6}`);
    }
    ip(`-n ${lan.client} route add ${ROUTED}/32 dev eth0`);
    for (const namespace of [lan.node, lan.client])
      run(namespace, "sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1");
  });
  beforeEach(() => {
    wire = new WireAgent(lan.node, "worker-1");
  });
  afterEach(() => wire.kill());
  after(() => {
    if (UNAVAILABLE !== undefined) return;
    lan.remove();
    ip(`netns del ${outside}`);
  });

  for (const [address, most] of [
    [VIP, 1472],
    [VIP6, 1452],
  ] as const)
    it(`to ${address} is answered, whatever it carries, from the segment and from behind the gateway`, async () => {
      wire.place([address]);
      await wire.announced(address);
      for (const from of [lan.client, outside])
        for (const bytes of [0, 3, 56, most]) {
          const { output } = run(
            from,
            "ping",
            "-n",
            "-c",
            "2",
            "-i",
            "0.2",
            "-W",
            "5",
            "-s",
            `${bytes}`,
            address,
          );
          expect(output, `${bytes} bytes`).to.contain("2 received");
          expect(output).not.to.match(/DUP|damaged|wrong data/);
        }
      // It is sent in fragments.
      expect(ping(lan.client, address, "-s", `${most + 1}`).status).to.equal(1);
      expect(await wire.count(address === VIP ? "icmp" : "icmp6", "Answer")).to.equal(16);
    });

  it("is answered as long as the address is announced and not a moment longer", async () => {
    wire.place([VIP, VIP6]);
    await wire.announced(VIP6);
    for (const address of [VIP, VIP6]) expect(ping(lan.client, address).status).to.equal(0);
    wire.remove([VIP, VIP6]);
    await wire.until("nothing is announced", () => wire.states.size === 0);
    for (const address of [VIP, VIP6]) expect(ping(lan.client, address).status).to.equal(1);
  });

  it("is left to the kernel while that has the address", async () => {
    wire.place([VIP]);
    await wire.announced(VIP);
    ip(`-n ${lan.node} addr add ${VIP}/32 dev lo`);
    try {
      await wire.until("it is known", () =>
        wire.interfaces.some(({ addresses }) => addresses.some(({ address }) => address.text === VIP)),
      );
      expect(ping(lan.client, VIP).output).to.contain("1 received").and.not.contain("DUP");
      expect(await wire.count("icmp", "KernelAnswers")).to.equal(1);
      expect(await wire.count("icmp", "Answer")).to.equal(0);
    } finally {
      ip(`-n ${lan.node} addr del ${VIP}/32 dev lo`);
    }
  });

  it("that node and gateway send to and fro is answered once", async () => {
    wire.place([ROUTED], { interfaces: ["eth0"] });
    await wire.announced(ROUTED);
    // The kernels pass it to and fro until it dies sooner than the speaker can answer, and ping takes the first word it hears.
    expect(ping(outside, ROUTED).output)
      .to.match(/exceeded|1 received/)
      .and.not.contain("DUP");
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await wire.count("icmp", "Looped"), "without rules it does come again").to.be.greaterThan(10);
    expect(await wire.count("icmp", "Answer")).to.equal(1);
  });

  describe("beside the rules of refuse-closed-ports.nft", () => {
    before(() => {
      const rules = readFileSync(RULES, "utf8")
        .replace("192.0.2.200-192.0.2.250", `192.0.2.100-192.0.2.110, ${ROUTED}`)
        .replace("2001:db8::200-2001:db8::2ff", "2001:db8::100-2001:db8::1ff");
      expect(rules).to.contain(ROUTED).and.contain("2001:db8::1ff");
      run(lan.node, "nft", "-f", "-", { input: rules });
    });

    it("is answered and nothing else is said, nor goes to and fro", async () => {
      wire.place([VIP, VIP6]);
      wire.place([ROUTED], { interfaces: ["eth0"] });
      for (const address of [VIP, VIP6, ROUTED]) await wire.announced(address);
      for (const [from, address] of [
        [lan.client, VIP],
        [outside, VIP],
        [lan.client, VIP6],
        [outside, ROUTED],
      ] as const) {
        // Long enough for a neighbor that is not found, were it looked for.
        const { output } = run(from, "ping", "-n", "-c", "2", "-i", "3.5", "-W", "1", address);
        expect(output)
          .to.contain("2 received")
          .and.not.match(/DUP|Redirect|nreachable|exceeded/);
      }
      expect(await wire.count("icmp", "Looped")).to.equal(0);
    });

    for (const address of [VIP, VIP6, ROUTED])
      it(`a connection to a closed port of ${address} is refused at once`, async () => {
        wire.place([address], { interfaces: ["eth0"] });
        await wire.announced(address);
        for (const from of [lan.client, outside]) {
          if (from === lan.client && address === ROUTED) continue;
          const startMs = performance.now();
          const { output } = connect(from, address);
          expect(output).to.equal("ECONNREFUSED\n");
          expect(performance.now() - startMs).to.be.lessThan(2_000);
        }
      });
  });
});

function ping(from: string, address: string, ...more: readonly string[]): Ran {
  return run(from, "ping", "-n", "-c", "1", "-W", "1", ...more, address);
}

/** Prints how a connection to a port that no Service has came to nothing. */
function connect(from: string, address: string): Ran {
  const program = `require("node:net").connect(81, "${address}").on("error", ({ code }) => console.log(code))`;
  return run(from, process.execPath, "-e", program);
}

/** Runs a program in a namespace to its end. */
function run(namespace: string, ...words: readonly (string | { readonly input: string })[]): Ran {
  const argv = words.filter((word) => typeof word === "string");
  const input = words.find((word) => typeof word !== "string")?.input ?? "";
  const { status, stdout, stderr } = spawnSync("ip", ["netns", "exec", namespace, ...argv], {
    encoding: "utf8",
    input,
  });
  return { status: status ?? -1, output: stdout + stderr };
}
