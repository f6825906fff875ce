import { systemClock } from "@fairlead/runtime/clock.ts";
import { silentLog } from "@fairlead/runtime/log.ts";
import { expect } from "chai";
import { ip, LAN_UNAVAILABLE, Lan } from "../testing/lan.ts";
import { WireAgent } from "../testing/wire-agent.ts";
import { WireCounts } from "../wire/counts.ts";
import type { WireStart } from "../wire/messages.ts";
import { WireThread } from "./wire-thread.ts";

const VIP = "192.0.2.100";
const VIP6 = "2001:db8::100";

describe("WireThread", function () {
  this.timeout(10_000);
  const start: WireStart = {
    node: "worker-1",
    excludedInterfaces: [],
    refreshMs: 0,
    takeoverPort: 7950,
    nodePath: undefined,
    caretake: true,
    answerPing: true,
    memories: [],
    counts: WireCounts.memory(),
  };
  const make = (program: string, onDeath: (reason: string) => void): WireThread =>
    new WireThread({
      program: new URL(`data:text/javascript,${encodeURIComponent(program)}`),
      start,
      clock: systemClock,
      log: silentLog,
      onMessage: () => {},
      onDeath,
    });

  it("tells why its thread died, once", async () => {
    const reasons: string[] = [];
    await new Promise<void>((resolve) => {
      make('throw new Error("out of order")', (reason) => {
        reasons.push(reason);
        resolve();
      }).start();
    });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(reasons).to.deep.equal(["out of order"]);
  });

  it("knows how long its thread has been silent, and ends one that does not stop", async () => {
    const reasons: string[] = [];
    const thread = make("for (;;);", (reason) => reasons.push(reason));
    thread.start();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(thread.silentMs).to.be.greaterThan(250);
    await thread.stop("Restart");
    expect(reasons).to.deep.equal([]);
  });
});

describe(`a wire thread on a real segment${LAN_UNAVAILABLE === undefined ? "" : ` (${LAN_UNAVAILABLE})`}`, function () {
  this.timeout(20_000);
  let lan: Lan;
  let wire: WireAgent;
  before(function () {
    if (LAN_UNAVAILABLE !== undefined) this.skip();
  });
  beforeEach(() => {
    lan = new Lan();
    wire = new WireAgent(lan.node, "worker-1");
  });
  afterEach(() => {
    wire.kill();
    lan.remove();
  });

  const nodeMac = (): string => wire.interfaces.find(({ name }) => name === "eth0")?.mac?.toUpperCase() ?? "";

  it("answers broadcast and unicast ARP requests and probes for its own addresses only", async () => {
    wire.place([VIP]);
    await wire.announced(VIP);
    // The second and third request of arping are unicast to who answered the first.
    const three = await lan.ask("arping", "-I", "eth0", "-c", "3", "-w", "3", VIP);
    expect(three.output).to.contain("Received 3 response(s)").and.contain(nodeMac());
    const broadcast = await lan.ask("arping", "-b", "-I", "eth0", "-c", "1", "-w", "1", VIP);
    expect(broadcast.output).to.contain("Received 1 response(s)");
    // Exit status 1 of -D: somebody holds the address.
    expect((await lan.ask("arping", "-D", "-I", "eth0", "-c", "1", "-w", "1", VIP)).status).to.equal(1);
    const other = await lan.ask("arping", "-I", "eth0", "-c", "1", "-w", "1", "192.0.2.101");
    expect(other.output).to.contain("Received 0 response(s)");
    expect(await wire.count("arp", "Answer")).to.equal(5);
    expect(await wire.count("arp", "NotAnnounced"), "the filter keeps out what others are asked").to.equal(0);
  });

  it("answers multicast and unicast neighbor solicitations and duplicate address detection", async () => {
    wire.place([VIP6]);
    await wire.announced(VIP6);
    const groups = ip(`-n ${lan.node} maddr show dev eth0`);
    expect(groups, "so that MLD reports it").to.contain("ff02::1:ff00:100");
    expect(groups).to.contain("33:33:ff:00:01:00");
    const found = await lan.ask("ndisc6", "-r", "1", "-w", "1000", VIP6, "eth0");
    expect(found.output).to.contain(nodeMac());
    const silent = await lan.ask("ndisc6", "-r", "1", "-w", "300", "2001:db8::101", "eth0");
    expect(silent.status).not.to.equal(0);
    // The kernel probes a stale entry by unicast when it is used.
    await lan.ask("sysctl", "-w", "net.ipv6.neigh.eth0.delay_first_probe_time=1");
    ip(`-n ${lan.client} neigh replace ${VIP6} lladdr ${nodeMac()} dev eth0 nud stale`);
    await lan.ask("ping", "-6", "-c", "1", "-W", "1", VIP6);
    await eventually(() => ip(`-n ${lan.client} -6 neigh show ${VIP6}`), /REACHABLE/);
    ip(`-n ${lan.client} addr add ${VIP6}/128 dev eth0`);
    await eventually(() => ip(`-n ${lan.client} addr show dev eth0`), /dadfailed/);
  });

  it("tells the segment on taking over, so that a cached entry follows", async () => {
    ip(`-n ${lan.client} neigh replace ${VIP} lladdr 02:00:00:00:00:99 dev eth0 nud reachable`);
    ip(`-n ${lan.client} neigh replace ${VIP6} lladdr 02:00:00:00:00:99 dev eth0 nud reachable`);
    wire.place([VIP, VIP6]);
    await wire.announced(VIP6);
    await eventually(() => ip(`-n ${lan.client} neigh show ${VIP}`), new RegExp(nodeMac(), "i"));
    await eventually(() => ip(`-n ${lan.client} neigh show ${VIP6}`), new RegExp(nodeMac(), "i"));
  });

  it("falls silent when the address is removed, or the thread is told to stop", async () => {
    const asked = async (): Promise<string> =>
      (await lan.ask("arping", "-I", "eth0", "-c", "1", "-w", "1", VIP)).output;
    wire.place([VIP]);
    await wire.announced(VIP);
    wire.remove([VIP]);
    await wire.until("it is not announced", () => !wire.states.has(VIP));
    expect(await asked()).to.contain("Received 0 response(s)");
    wire.place([VIP], { epoch: 3 });
    await wire.announced(VIP);
    expect(await asked()).to.contain("Received 1 response(s)");
    await wire.stop();
    expect(await asked()).to.contain("Received 0 response(s)");
  });

  it("follows an interface that goes, comes back and changes its MAC", async () => {
    wire.place([VIP, VIP6]);
    await wire.announced(VIP6);
    const lost = wire.until("the old interface is gone", () => wire.states.get(VIP)?.kind !== "Announcing");
    lan.reconnect();
    await lost;
    await wire.until("the new interface is known", () =>
      wire.interfaces.some(({ name, addresses }) => name === "eth0" && addresses.length >= 2),
    );
    await wire.announced(VIP);
    const again = await lan.ask("arping", "-I", "eth0", "-c", "1", "-w", "2", VIP);
    expect(again.output).to.contain("Received 1 response(s)");
    expect((await lan.ask("ndisc6", "-r", "3", "-w", "500", VIP6, "eth0")).output).to.contain(nodeMac());

    ip(`-n ${lan.client} neigh flush all`);
    await lan.ask("ping", "-c", "1", "-W", "1", VIP);
    ip(`-n ${lan.node} link set eth0 address 02:00:00:00:00:42`);
    await wire.until("the new MAC is given out", () => {
      const state = wire.states.get(VIP);
      return state?.kind === "Announcing" && state.on[0]?.mac === "02:00:00:00:00:42";
    });
    const renamed = await lan.ask("arping", "-I", "eth0", "-c", "1", "-w", "2", VIP);
    expect(renamed.output).to.contain("02:00:00:00:00:42");
    await eventually(() => ip(`-n ${lan.client} neigh show ${VIP}`), /02:00:00:00:00:42/);
  });

  it("says why it cannot answer, and answers as soon as it can", async () => {
    wire.place(["198.51.100.7"]);
    await wire.until("it is refused", () => wire.states.get("198.51.100.7")?.kind === "Refused");
    expect(wire.states.get("198.51.100.7")).to.include({ reason: "NoInterface" });
    ip(`-n ${lan.node} addr add 198.51.100.1/24 dev eth0`);
    await wire.announced("198.51.100.7", "eth0");
    ip(`-n ${lan.client} link set eth0 down`);
    await wire.until("it has no link", () => {
      const state = wire.states.get("198.51.100.7");
      return state?.kind === "Refused" && state.reason === "NoCarrier";
    });
    ip(`-n ${lan.node} link set eth0 name lan0`);
    ip(`-n ${lan.client} link set eth0 up`);
    await wire.announced("198.51.100.7", "lan0");
  });
});

/** Looks until what is seen matches, for 5 s. */
async function eventually(look: () => string, pattern: RegExp): Promise<void> {
  for (let i = 0; i < 100 && !pattern.test(look()); i++)
    await new Promise((resolve) => setTimeout(resolve, 50));
  expect(look()).to.match(pattern);
}
