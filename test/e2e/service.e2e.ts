import type { Service } from "@fairlead/api/core/service.ts";
import type { VirtualIP } from "@fairlead/api/virtual-ip.ts";
import { virtualIPName } from "@fairlead/api/virtual-ip-name.ts";
import { parseAddress } from "@fairlead/net/address.ts";
import { expect } from "chai";
import { readWebAnswer } from "../lab/attempt.ts";
import type { Lab } from "../lab/lab.ts";
import { settled } from "./support/audit.ts";
import { controllerArguments } from "./support/controllers.ts";
import { DUAL_STACK } from "./support/held.ts";
import { lanWithWeb } from "./support/lan.ts";
import { service, web } from "./support/objects.ts";
import { recordOf } from "./support/placed.ts";
import { rolledOut } from "./support/served.ts";
import {
  address,
  addressed,
  announcer,
  apply,
  condition,
  macOf,
  noneHeld,
  paths,
  reset,
} from "./support/steps.ts";
import { resolutions } from "./support/wire.ts";

const UNSERVED = { type: "Announced", status: "False", reason: "NoEndpoints" };

describe("a Service of type LoadBalancer", () => {
  let lab: Lab;

  before(async () => {
    lab = await lanWithWeb();
  });
  after(() => reset(lab));
  afterEach(async () => {
    await lab.kubectl(["delete", "services", "-l", "fairlead-e2e", "-n", "default", "--wait=true"]);
    await noneHeld(lab);
  });

  const url = (ip: string, port = 80): string => `http://${ip.includes(":") ? `[${ip}]` : ip}:${port}/`;

  it("with addresses of both families has them on one node, and on another one together when that is cordoned", async () => {
    const names = ["one", "two", "three"];
    await apply(lab, ...names.map((name) => service(name, { spec: { ipFamilyPolicy: "RequireDualStack" } })));
    const announcers = async (name: string): Promise<readonly string[]> =>
      Promise.all((await addressed(lab, name, 2)).map((ip) => announcer(lab, nameOf(ip))));
    const nodes: string[] = [];
    for (const name of names) {
      const [first = "", second] = await announcers(name);
      expect(second, name).to.equal(first);
      nodes.push(first);
    }
    expect(new Set(nodes).size, "each on a node of its own").to.equal(3);
    const [cordoned = ""] = nodes;
    await lab.kubectl(["cordon", cordoned]);
    try {
      await lab.waitFor("both have moved to one node", async (see) => {
        const [first, second] = await announcers("one");
        see([first, second]);
        return first !== cordoned && first === second;
      });
    } finally {
      await lab.kubectl(["uncordon", cordoned]);
    }
  });

  it("stays on a cordoned node if the controller is told so, and a new one goes elsewhere", async () => {
    await controllerArguments(lab, "--cordoned-nodes=keep");
    try {
      await apply(lab, service("kept", { spec: DUAL_STACK }));
      const kept = await addressed(lab, "kept", 2);
      const [cordoned = "", other] = await Promise.all(kept.map((ip) => announcer(lab, nameOf(ip))));
      expect(other).to.equal(cordoned);
      await settled(lab);
      const records = await Promise.all(kept.map((ip) => recordOf(lab, ip)));
      await lab.kubectl(["cordon", cordoned]);
      try {
        const names = ["new-1", "new-2", "new-3"];
        await apply(lab, ...names.map((name) => service(name, { spec: DUAL_STACK })));
        for (const name of names)
          for (const ip of await addressed(lab, name, 2))
            expect(await announcer(lab, nameOf(ip)), name).not.to.equal(cordoned);
        await settled(lab);
        expect(await Promise.all(kept.map((ip) => recordOf(lab, ip)))).to.deep.equal(records);
      } finally {
        await lab.kubectl(["uncordon", cordoned]);
      }
    } finally {
      await controllerArguments(lab);
    }
  });

  it("is reached from the LAN through its address over TCP and UDP, both on one port number, in both families", async () => {
    const ports = [
      { name: "tcp", port: 80, targetPort: 8080, protocol: "TCP" },
      { name: "udp", port: 80, targetPort: 8080, protocol: "UDP" },
    ];
    await apply(lab, service("both", { spec: { ports, ipFamilyPolicy: "RequireDualStack" } }));
    for (const ip of await addressed(lab, "both", 2)) {
      await announcer(lab, nameOf(ip));
      const page = await lab.waitFor(`a page through ${ip}`, async (see) => {
        const attempt = await lab.fetch("client-1", url(ip));
        see(attempt);
        return attempt.ok && attempt;
      });
      expect(page.status).to.equal(200);
      expect(readWebAnswer(page.body).pod).to.match(/^web-/);
      const datagram = await lab.udpAsk("client-1", ip, 80);
      expect(datagram.ok && readWebAnswer(datagram.body).pod).to.match(/^web-/);
    }
  });

  it("shows its address in kubectl get svc and on its VirtualIP", async () => {
    await apply(lab, service("shown"));
    const ip = await address(lab, "shown");
    expect(await lab.kubectl(["get", "service", "shown"])).to.contain(ip);
    const node = await announcer(lab, ip);
    const table = await lab.kubectl(["get", "vip"]);
    expect(table).to.match(/ADDRESS\s+POOL\s+SERVICE\s+NODE\s+STATE\s+ANNOUNCED\s+AGE/);
    expect(table).to.match(new RegExp(`${ip}\\s+lan\\s+\\S*default/shown\\S*\\s+${node}\\s+Bound\\s+True`));
  });

  it("with externalTrafficPolicy Local is held by a node with an endpoint and sees the client's own address", async () => {
    await apply(lab, web("one", { replicas: 1, node: "node-3" }));
    await rolledOut(lab, "one");
    await apply(
      lab,
      service("local", { app: "one", spec: { ...DUAL_STACK, externalTrafficPolicy: "Local" } }),
    );
    const vips = await addressed(lab, "local", 2);
    const { ipv4, ipv6 } = lab.member("outside-1").cables[0] ?? {};
    for (const ip of vips) {
      expect(await announcer(lab, nameOf(ip))).to.equal("node-3");
      const page = await lab.waitFor(`a page through ${ip} from behind the router`, async (see) => {
        const attempt = await lab.fetch("outside-1", url(ip));
        see(attempt);
        return attempt.ok && attempt;
      });
      expect(readWebAnswer(page.body).clientAddress).to.equal(ip.includes(":") ? ipv6 : ipv4);
    }
    await apply(lab, web("one", { replicas: 1, node: "node-1" }));
    for (const ip of vips) expect(await announcer(lab, nameOf(ip), "node-3")).to.equal("node-1");
    await lab.kubectl(["delete", "deployment", "one"]);
  });

  it("without an endpoint keeps its address, is answered by nobody and says why; with one it is answered again", async () => {
    await apply(lab, service("empty", { app: "nobody", spec: DUAL_STACK }));
    const vips = await addressed(lab, "empty", 2);
    for (const ip of vips) {
      const told = await condition(lab, paths.virtualIP(nameOf(ip)), UNSERVED);
      expect(told.message).to.match(/endpoint/);
      expect(await resolutions(lab, "client-1", ip), ip).to.deep.equal([]);
    }
    await apply(lab, web("nobody", { replicas: 1 }));
    for (const ip of vips) {
      const node = await announcer(lab, nameOf(ip));
      expect(await resolutions(lab, "client-1", ip)).to.deep.equal([macOf(lab, node)]);
    }
    await lab.kubectl(["delete", "deployment", "nobody"]);
    for (const ip of vips) {
      await condition(lab, paths.virtualIP(nameOf(ip)), UNSERVED);
      await silent(ip);
    }
    expect(await addressed(lab, "empty", 2)).to.deep.equal(vips);
  });

  it("changed to ClusterIP gives its address back, and the next Service may have it", async () => {
    await apply(lab, service("first"));
    const ip = await address(lab, "first");
    await announcer(lab, ip);
    await lab.kubectl(["patch", "service", "first", "-p", '{"spec":{"type":"ClusterIP"}}']);
    await released("first", ip);
    await apply(lab, service("next", { annotations: { "fairlead.dev/loadBalancerIPs": ip } }));
    expect(await address(lab, "next")).to.equal(ip);
  });

  it("deleted gives its address back, and the next Service may have it", async () => {
    await apply(lab, service("first"));
    const ip = await address(lab, "first");
    await announcer(lab, ip);
    await lab.kubectl(["delete", "service", "first"]);
    await silent(ip);
    await apply(lab, service("next"));
    expect(await address(lab, "next")).to.equal(ip);
  });

  it("of another class is not touched", async () => {
    await apply(lab, service("other", { spec: { loadBalancerClass: "example.com/other" } }));
    await apply(lab, service("ours"));
    await address(lab, "ours");
    const other = await lab.api.get<Service>(paths.service("other"));
    expect(other.status).to.deep.equal({ loadBalancer: {} });
  });

  it("has ip and ipMode in its status, IPv4 first, and nothing else of it is changed", async () => {
    const written = service("plain", {
      spec: { ipFamilyPolicy: "PreferDualStack", ipFamilies: ["IPv6", "IPv4"] },
    });
    await apply(lab, written);
    const [first = "", second = ""] = await addressed(lab, "plain", 2);
    expect([first, second].map((ip) => ip.includes(":"))).to.deep.equal([false, true]);
    const seen = await lab.api.get<Service>(paths.service("plain"));
    expect(seen.status?.loadBalancer?.ingress).to.deep.equal([
      { ip: first, ipMode: "VIP" },
      { ip: second, ipMode: "VIP" },
    ]);
    const managers = await lab.kubectl(["get", "service", "plain", "--show-managed-fields", "-o", "json"]);
    const ours = (
      JSON.parse(managers) as { metadata: { managedFields: ManagedField[] } }
    ).metadata.managedFields
      .filter(({ manager }) => manager.startsWith("fairlead"))
      .map(({ manager, subresource, fieldsV1 }) => ({ manager, subresource, fields: Object.keys(fieldsV1) }));
    expect(ours).to.deep.equal([
      { manager: "fairlead-controller", subresource: "status", fields: ["f:status"] },
    ]);
  });

  async function released(name: string, ip: string): Promise<void> {
    await lab.waitFor(`${name} has no address and no condition of ours`, async (see) => {
      const { status } = await lab.api.get<Service>(paths.service(name));
      see(status);
      return (status?.loadBalancer?.ingress ?? []).length === 0 && (status?.conditions ?? []).length === 0;
    });
    await silent(ip);
  }

  async function silent(ip: string): Promise<void> {
    await lab.waitFor(`nobody answers for ${ip}`, async (see) => {
      const macs = await resolutions(lab, "client-1", ip);
      see(macs);
      return macs.length === 0;
    });
  }
});

interface ManagedField {
  readonly manager: string;
  readonly subresource?: string;
  readonly fieldsV1: Readonly<Record<string, unknown>>;
}

/** The VirtualIP's name of an address as text. */
function nameOf(text: string): VirtualIP["metadata"]["name"] {
  const parsed = parseAddress(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return virtualIPName(parsed.value);
}
