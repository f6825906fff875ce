import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { expect } from "chai";
import type { Lab } from "../lab/lab.ts";
import type { Frame } from "../lab/pcap.ts";
import { type HeldAddress, hold } from "./support/held.ts";
import { lanWithWeb } from "./support/lan.ts";
import { unserved } from "./support/outage.ts";
import { announcer, page, paths, reset, virtualIPNameOf } from "./support/steps.ts";
import { frameCounts } from "./support/wire.ts";

const RULES = new URL("../../docs/examples/refuse-closed-ports.nft", import.meta.url);
/** On the segment, and behind the router. */
const CLIENTS = ["client-1", "outside-1"];
const CLOSED = 81;
/** The kernel looks three seconds for a neighbor. */
const LONGEST_REFUSAL_MS = 8_000;

describe("an address on the LAN", () => {
  let lab: Lab;
  let held: readonly HeldAddress[];

  before(async () => {
    lab = await lanWithWeb();
    held = await hold(lab, "pinged");
    for (const { ip } of held) await page(lab, "client-1", ip);
    // A node that knows a former holder's MAC sends it what the kernel forwards, for some seconds after a move (docs/layer2.md).
    for (const node of lab.nodeNames) for (const { ip } of held) await lab.flushNeighbors(node, ip);
  });
  after(() => reset(lab));

  /** The pings that were answered, of three. */
  async function answered(client: string, ip: string): Promise<string> {
    const argv = ["ping", "-n", "-c", "3", "-i", "0.3", "-W", "1", ip];
    const { stdout } = await lab.exec(client, argv, { accept: [0, 1] });
    const [, count = "none"] = /(\d+) received/.exec(stdout) ?? [];
    return stdout.includes("DUP!") ? `${count}, and more than once` : count;
  }

  /** What the holder's interface saw of packets to the address while something was done, by their time to live. */
  async function seen(
    { ip, node }: HeldAddress,
    filter: string,
    act: () => Promise<void>,
  ): Promise<ReadonlyMap<number, number>> {
    const capture = await lab.capture(node, `${filter} and dst host ${ip}`);
    await act();
    await delay(300);
    const counts = new Map<number, number>();
    for (const timeToLive of (await capture.stop()).map(timeToLiveOf))
      counts.set(timeToLive, (counts.get(timeToLive) ?? 0) + 1);
    return counts;
  }

  const isV6 = (ip: string): boolean => ip.includes(":");

  it("answers pings of both families, from the segment and through the router, once each, and none goes to and fro", async () => {
    for (const client of CLIENTS)
      for (const one of held) {
        const requests = isV6(one.ip) ? "icmp6 and ip6[40] == 128" : "icmp and icmp[icmptype] == 8";
        const packets = await seen(one, requests, async () => {
          expect(await answered(client, one.ip), `${one.ip} from ${client}`).to.equal("3");
        });
        expect([...packets.values()], `${one.ip} from ${client}, by time to live`).to.deep.equal([3]);
      }
    for (const { ip, node } of held) {
      const counts = await frameCounts(lab, node);
      const protocol = isV6(ip) ? "icmp6" : "icmp";
      expect(counts.get(`${protocol} Answer`)).to.be.at.least(6);
      expect(counts.get(`${protocol} Looped`) ?? 0).to.equal(0);
    }
  });

  it("does not answer while its Service has no endpoint, and does again when it has", async () => {
    await lab.kubectl(["scale", "deployment", "web", "--replicas=0"]);
    await unserved(lab, "pinged");
    for (const { ip } of held)
      await lab.waitFor(`nobody announces ${ip}`, async (see) => {
        const { status } = await lab.api.get<{ status?: { announcers?: readonly unknown[] } }>(
          paths.virtualIP(virtualIPNameOf(ip)),
        );
        see(status);
        return (status?.announcers ?? []).length === 0;
      });
    // Client and router may still know the node's MAC.
    for (const client of CLIENTS)
      for (const { ip } of held) expect(await answered(client, ip), `${ip} from ${client}`).to.equal("0");
    await lab.kubectl(["scale", "deployment", "web", "--replicas=3"]);
    for (const { ip } of held) {
      await announcer(lab, virtualIPNameOf(ip));
      await page(lab, "client-1", ip);
      expect(await answered("client-1", ip), ip).to.equal("3");
    }
  });

  describe("at a port that no Service has", () => {
    const connect = async (client: string, { ip }: HeldAddress) => {
      const attempt = await lab.tcpConnect(client, ip, CLOSED, { timeoutMs: LONGEST_REFUSAL_MS });
      return { reason: attempt.ok ? "connected" : attempt.reason, elapsedMs: attempt.elapsedMs };
    };

    it("is unreachable after three seconds, and no packet goes to and fro", async () => {
      for (const client of CLIENTS)
        for (const one of await holders()) {
          const packets = await seen(one, `tcp port ${CLOSED}`, async () => {
            const { reason, elapsedMs } = await connect(client, one);
            expect(reason, `${one.ip} from ${client}`).to.equal("EHOSTUNREACH");
            expect(elapsedMs).to.be.lessThan(6_000);
          });
          expect([...packets.keys()], `${one.ip} from ${client}, times to live`).to.have.length(1);
        }
    });

    it("is refused at once beside the rules of refuse-closed-ports.nft, and pings are answered as before", async () => {
      const rules = readFileSync(RULES, "utf8")
        .replace("192.0.2.200-192.0.2.250", "198.51.100.200-198.51.100.209")
        .replace("2001:db8::200-2001:db8::2ff", "2001:db8:10::200-2001:db8:10::209");
      expect(rules).to.contain("198.51.100.209").and.contain("2001:db8:10::209");
      for (const node of lab.nodeNames) await lab.exec(node, ["nft", "-f", "-"], { input: rules });
      try {
        for (const client of CLIENTS)
          for (const one of await holders()) {
            const { reason, elapsedMs } = await connect(client, one);
            expect(reason, `${one.ip} from ${client}`).to.equal("ECONNREFUSED");
            expect(elapsedMs).to.be.lessThan(1_000);
            expect(await answered(client, one.ip)).to.equal("3");
            await page(lab, client, one.ip);
          }
      } finally {
        for (const node of lab.nodeNames)
          await lab.exec(node, ["nft", "delete", "table", "inet", "fairlead-pools"]);
      }
    });
  });

  /** Where the addresses are now. */
  function holders(): Promise<readonly HeldAddress[]> {
    return Promise.all(
      held.map(async (one) => ({ ...one, node: await announcer(lab, virtualIPNameOf(one.ip)) })),
    );
  }
});

/** TTL or hop limit of a captured packet. */
function timeToLiveOf({ bytes }: Frame): number {
  return (bytes[12] === 0x86 ? bytes[21] : bytes[22]) ?? 0;
}
