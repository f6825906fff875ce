import type { Service } from "@fairlead/api/core/service.ts";
import { expect } from "chai";
import { readWebAnswer } from "../lab/attempt.ts";
import type { Lab } from "../lab/lab.ts";
import { DatagramFlow, longestGapMs } from "./support/datagram-flow.ts";
import { DUAL_STACK } from "./support/held.ts";
import { lanWithWeb } from "./support/lan.ts";
import { service, web } from "./support/objects.ts";
import { recordOf } from "./support/placed.ts";
import { getByName, podAt, podsOnce, podsReached } from "./support/reached-pods.ts";
import { reverseProxy, SEEN_CLIENT } from "./support/reverse-proxy.ts";
import { rolledOut } from "./support/served.ts";
import {
  addressed,
  announcer,
  apply,
  datagram,
  merge,
  noneHeld,
  page,
  paths,
  reset,
  virtualIPNameOf,
  virtualIPs,
} from "./support/steps.ts";

/** On the segment, and behind the router. */
const CLIENTS = ["client-1", "client-2", "outside-1"];

describe("traffic to a Service of type LoadBalancer", () => {
  let lab: Lab;

  before(async () => {
    lab = await lanWithWeb();
  });
  after(() => reset(lab));
  afterEach(async () => {
    await lab.kubectl(["delete", "services", "-l", "fairlead-e2e", "-n", "default", "--wait=true"]);
    await noneHeld(lab);
  });

  it("stays with one pod for each client while sessionAffinity is ClientIP, and goes to all before and after", async () => {
    const vips = await served("sticky", DUAL_STACK);
    const before = await Promise.all(vips.map((vip) => recordOf(lab, vip)));
    for (const vip of vips) expect((await podsReached(lab, "client-1", vip)).size, vip).to.be.greaterThan(1);
    await merge(lab, paths.service("sticky"), { spec: { sessionAffinity: "ClientIP" } });
    for (const vip of vips)
      for (const client of CLIENTS) {
        const [pod] = await podsOnce(lab, client, vip, (pods) => pods.size === 1);
        expect([...(await podsReached(lab, client, vip))], `${vip} from ${client}`).to.deep.equal([pod]);
      }
    await merge(lab, paths.service("sticky"), { spec: { sessionAffinity: "None" } });
    for (const vip of vips) await podsOnce(lab, "client-1", vip, (pods) => pods.size > 1);
    expect(await Promise.all(vips.map((vip) => recordOf(lab, vip)))).to.deep.equal(before);
  });

  it("comes from loadBalancerSourceRanges alone, as long as there are some", async () => {
    const vips = await served("fenced", DUAL_STACK);
    const [inside, outside] = ["client-1", "client-2"];
    for (const vip of vips) await page(lab, outside, vip);
    const [ipv4, ipv6] = addressesOf(inside);
    const loadBalancerSourceRanges = [`${ipv4}/32`, `${ipv6}/128`];
    await merge(lab, paths.service("fenced"), { spec: { loadBalancerSourceRanges } });
    for (const vip of vips) {
      await lab.waitFor(`${outside} is kept out of ${vip}`, async (see) => {
        const attempt = await lab.tcpConnect(outside, vip, 80, { timeoutMs: 1000 });
        see(attempt);
        return !attempt.ok;
      });
      await page(lab, inside, vip);
      expect((await lab.tcpConnect("outside-1", vip, 80, { timeoutMs: 1000 })).ok, vip).to.equal(false);
      expect((await lab.tcpConnect(outside, vip, 80, { timeoutMs: 1000 })).ok, vip).to.equal(false);
    }
    await merge(lab, paths.service("fenced"), { spec: { loadBalancerSourceRanges: null } });
    for (const vip of vips) for (const client of CLIENTS) await page(lab, client, vip);
  });

  describe("by UDP, from one port of a client without a pause", () => {
    let flows: DatagramFlow[] = [];

    beforeEach(async () => {
      await apply(lab, web("called", { replicas: 1, node: "node-1" }));
      await rolledOut(lab, "called");
      const ports = [{ name: "call", port: 80, targetPort: 8080, protocol: "UDP" }];
      for (const externalTrafficPolicy of ["Cluster", "Local"]) {
        const spec = { ...DUAL_STACK, ports, externalTrafficPolicy };
        const name = `called-${externalTrafficPolicy.toLowerCase()}`;
        await apply(lab, service(name, { app: "called", spec }));
        for (const vip of await addressed(lab, name, 2)) {
          await announcer(lab, virtualIPNameOf(vip));
          // What comes before kube-proxy's rules is led astray, and all that follows it from the same port without a pause.
          await datagram(lab, "client-1", vip);
          flows.push(await DatagramFlow.begin(lab, "client-1", vip, 80));
        }
      }
    });
    afterEach(async () => {
      await Promise.all(flows.map((flow) => flow.stop()));
      flows = [];
      await lab.kubectl(["delete", "deployment", "called", "--wait=true"]);
    });

    it("goes on when its only pod is replaced by one on another node", async () => {
      await apply(lab, web("called", { replicas: 1, node: "node-2" }));
      await goesOnAt("node-2");
    });

    it("goes on when its only pod is gone and another one comes later on another node", async () => {
      await apply(lab, web("called", { replicas: 0, node: "node-1" }));
      await lab.waitFor("nobody announces anything", async (see) => {
        const announcers = (await virtualIPs(lab)).flatMap(({ status }) => status?.announcers ?? []);
        see(announcers);
        return announcers.length === 0;
      });
      await apply(lab, web("called", { replicas: 1, node: "node-3" }));
      await goesOnAt("node-3");
    });

    /** Expects that every flow has gone from the pod on node-1 to the one on this node, once. */
    async function goesOnAt(node: string): Promise<void> {
      for (const flow of flows) await flow.until(`the pod on ${node}`, (reply) => reply.node === node);
      for (const flow of flows) {
        const replies = await flow.stop();
        const turns = replies.map((reply) => reply.node).filter((one, i, all) => one !== all[i - 1]);
        expect(turns, flow.address).to.deep.equal(["node-1", node]);
        console.log(
          `      ${flow.address}: at most ${longestGapMs(replies).toFixed(0)} ms without an answer`,
        );
      }
    }
  });

  it("needs no NodePort", async () => {
    const vips = await served("portless", { ...DUAL_STACK, allocateLoadBalancerNodePorts: false });
    expect(await nodePortOf("portless")).to.equal("");
    for (const vip of vips) for (const client of CLIENTS) await page(lab, client, vip);
  });

  it("comes by the NodePort of every node too", async () => {
    await served("ported", DUAL_STACK);
    const port = Number(await nodePortOf("ported"));
    for (const node of lab.nodeNames)
      for (const address of addressesOf(node))
        expect(await podAt(lab, "client-1", address, port)).to.match(/^web-/);
  });

  it("is kept apart from that to a pod with the same hostPort on the node that has the address", async () => {
    const [vip = ""] = await served("fronted", DUAL_STACK);
    const node = await announcer(lab, virtualIPNameOf(vip));
    await apply(lab, web("hosted", { replicas: 1, node, hostPort: 80 }));
    try {
      await rolledOut(lab, "hosted");
      for (const address of addressesOf(node))
        expect(await podAt(lab, "client-1", address, 80)).to.match(/^hosted-/);
      for (const address of await addressed(lab, "fronted", 2))
        for (const client of CLIENTS)
          for (const pod of await podsReached(lab, client, address)) expect(pod).to.match(/^web-/);
    } finally {
      await lab.kubectl(["delete", "deployment", "hosted", "--wait=true"]);
    }
  });

  it("of a reverse proxy behind an address of its own is led to the pods of each host name", async () => {
    const inside = { type: "ClusterIP", ipFamilyPolicy: "SingleStack" };
    const backends = [service("shop", { spec: inside }), service("blog", { app: "blog", spec: inside })];
    await apply(lab, web("blog", { replicas: 1 }), ...backends);
    const routes = await Promise.all(
      ["shop", "blog"].map(async (name) => {
        const { spec } = await lab.api.get<Service>(paths.service(name));
        return { host: `${name}.example`, backend: `${spec.clusterIPs?.[0]}:80` };
      }),
    );
    await apply(lab, reverseProxy("ingress", routes));
    try {
      for (const name of ["blog", "ingress"]) await rolledOut(lab, name);
      const spec = { ...DUAL_STACK, externalTrafficPolicy: "Local" };
      const vips = await served("ingress", spec, "ingress");
      for (const address of vips)
        for (const client of CLIENTS) {
          const where = `${address} from ${client}`;
          for (const [host, pods] of [
            ["shop.example", /^web-/],
            ["blog.example", /^blog-/],
          ] as const) {
            const { headers, body } = await getByName(lab, client, { host, address, status: 200 });
            expect(readWebAnswer(body).pod, `${host} at ${where}`).to.match(pods);
            expect(headers.get(SEEN_CLIENT), where).to.contain(ownAddress(client, address));
          }
          await getByName(lab, client, { host: "nobody.example", address, status: 404 });
        }
    } finally {
      await lab.kubectl(["delete", "deployment", "blog", "ingress", "--wait=true"]);
    }
  });

  /** The member's addresses on the LAN. */
  function addressesOf(member: string): readonly string[] {
    const [cable] = lab.member(member).cables;
    return cable === undefined ? [] : [cable.ipv4, cable.ipv6];
  }

  /** Its address of the other one's family. */
  function ownAddress(member: string, other: string): string {
    return addressesOf(member).find((one) => one.includes(":") === other.includes(":")) ?? "none";
  }

  async function nodePortOf(name: string): Promise<string> {
    return lab.kubectl(["get", "service", name, "-o", "jsonpath={.spec.ports[*].nodePort}"]);
  }

  /** Makes a Service on port 80 and waits until every client gets a page through each of its addresses. */
  async function served(
    name: string,
    spec: Readonly<Record<string, unknown>>,
    app = "web",
  ): Promise<readonly string[]> {
    await apply(lab, service(name, { app, spec }));
    const vips = await addressed(lab, name, 2);
    for (const vip of vips) {
      await announcer(lab, virtualIPNameOf(vip));
      if (app === "web") await page(lab, "client-1", vip);
    }
    return vips;
  }
});
