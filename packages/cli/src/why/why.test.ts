import type { Condition } from "@fairlead/api/condition.ts";
import type { Service } from "@fairlead/api/core/service.ts";
import type { KubeObject } from "@fairlead/api/object-meta.ts";
import type { Speaker } from "@fairlead/api/speaker.ts";
import type { VirtualIP } from "@fairlead/api/virtual-ip.ts";
import { ApiError, type ApiRequest, type ApiTransport } from "@fairlead/kube/transport.ts";
import { err as failed, ok } from "@fairlead/net/result.ts";
import { expect } from "chai";
import { memoryFiles } from "../testing/files.ts";
import { placedVirtualIP } from "../testing/moving-api.ts";
import { type Outcome, runProgram } from "../testing/run-program.ts";

const IP = "192.0.2.10";
const IPV6 = "2001:db8::10";
const IPV6_NAME = "2001-0db8-0000-0000-0000-0000-0000-0010";
const AT = "2026-01-01T00:00:00Z";

type Part = Omit<Condition, "lastTransitionTime">;

const conditions = (parts: readonly Part[]): readonly Condition[] =>
  parts.map((part) => ({ ...part, lastTransitionTime: AT }));

const ALLOCATED: Part = {
  type: "fairlead.dev/Allocated",
  status: "True",
  reason: "Allocated",
  message: "It has it.",
};
const ANSWERING: Part = {
  type: "Announced",
  status: "True",
  reason: "Answering",
  message: "node-a: answering on lan0",
};
const NO_ENDPOINTS: Part = {
  type: "Announced",
  status: "False",
  reason: "NoEndpoints",
  message: "2 of 2 Pods are not ready (web-1, web-2)",
};

function service(parts: readonly Part[], spec: Partial<Service["spec"]> = {}): Service {
  return {
    metadata: { namespace: "shop", name: "web" },
    spec: { type: "LoadBalancer", ...spec },
    status: { conditions: conditions(parts) },
  };
}

function vip(name: string, address: string, parts: readonly Part[], services = ["shop/web"]): VirtualIP {
  const placed = placedVirtualIP(name, address, ["node-a", "node-b"], { conditions: parts });
  return { ...placed, spec: { ...placed.spec, services } };
}

function speaker(name: string, ...parts: readonly Part[]): Speaker {
  return { metadata: { name }, status: { interfaces: [], conditions: conditions(parts) } as never };
}

/** A cluster of these objects, by the ends of their paths. */
class Objects implements ApiTransport {
  readonly #byPath: Readonly<Record<string, readonly KubeObject[]>>;

  constructor(byPath: Readonly<Record<string, readonly KubeObject[]>>) {
    this.#byPath = byPath;
  }

  stop(): void {}

  async request<T>({ path }: ApiRequest): Promise<T> {
    const { pathname } = new URL(path, "http://api");
    for (const [plural, all] of Object.entries(this.#byPath)) {
      if (pathname.endsWith(`/${plural}`)) return { metadata: {}, items: all } as T;
      const one = all.find(({ metadata: { name, namespace } }) => {
        const before = namespace === undefined ? "" : `/namespaces/${namespace}`;
        return pathname.endsWith(`${before}/${plural}/${name}`);
      });
      if (one !== undefined) return one as T;
    }
    throw new ApiError({ status: 404, details: { name: "x", kind: "y" } });
  }

  async stream(): Promise<void> {
    throw new Error("nothing is watched");
  }
}

function fairlead(line: string, byPath: Readonly<Record<string, readonly KubeObject[]>>): Promise<Outcome> {
  return runProgram(line.split(" "), {
    files: memoryFiles({}),
    cluster: async () => failed("nothing is planned"),
    connect: () => ok(new Objects(byPath) as never),
  });
}

describe("fairlead why", () => {
  it("says who answers for a Service, by name or by one of its addresses", async () => {
    const cluster = {
      services: [service([ALLOCATED])],
      virtualips: [vip(IP, IP, [ANSWERING]), vip("192.0.2.11", "192.0.2.11", [NO_ENDPOINTS], ["shop/other"])],
      speakers: [speaker("node-a")],
    };
    for (const what of ["web -n shop", "shop/web"])
      expect(await fairlead(`why ${what}`, cluster)).to.deep.equal({
        status: 0,
        out: `service shop/web is answered:\n  vip ${IP}: Answering: node-a: answering on lan0\n`,
        err: "",
      });
    const { status, out } = await fairlead(`why ${IP}`, cluster);
    expect([status, out.split("\n")[0]]).to.deep.equal([0, `vip ${IP} is answered:`]);
  });

  it("says first why nobody answers, then what nodes that may answer are troubled by", async () => {
    const trouble = {
      type: "HeartbeatBlocked",
      status: "True",
      reason: "PortBlocked",
      message: "UDP port 7950",
    } as const;
    const cluster = {
      services: [service([ALLOCATED])],
      virtualips: [vip(IP, IP, [NO_ENDPOINTS]), vip(IPV6_NAME, IPV6, [ANSWERING])],
      speakers: [speaker("node-b", trouble), speaker("node-z", trouble)],
    };
    expect(await fairlead("why shop/web", cluster)).to.deep.equal({
      status: 2,
      out: [
        "service shop/web is not answered as it should be:",
        `  vip ${IP}: NoEndpoints: 2 of 2 Pods are not ready (web-1, web-2)`,
        `  vip ${IPV6_NAME}: Answering: node-a: answering on lan0`,
        "beside that:",
        "  speaker node-b: HeartbeatBlocked: UDP port 7950",
        "",
      ].join("\n"),
      err: "",
    });
    const { out } = await fairlead("why shop/web -o json", cluster);
    expect(JSON.parse(out)).to.deep.include({ about: "service shop/web", answered: false });
    expect(JSON.parse(out).causes[0]).to.include({ object: `vip ${IP}`, reason: "NoEndpoints" });
  });

  const full: Part = {
    type: "fairlead.dev/Allocated",
    status: "False",
    reason: "PoolExhausted",
    message: "no address is free",
  };
  const silent: readonly (readonly [string, Service, readonly VirtualIP[], string])[] = [
    ["it has no address", service([full]), [], "service shop/web: PoolExhausted: no address is free"],
    ["it is no load balancer", service([], { type: "ClusterIP" }), [], "it is of type ClusterIP"],
    ["nobody said anything of it", service([]), [], "see whether the controller runs"],
    [
      "it may be another provider's",
      service([], { loadBalancerClass: "example.com/lb" }),
      [],
      "its loadBalancerClass example.com/lb may be another provider's",
    ],
    [
      "a speaker is silent",
      service([ALLOCATED]),
      [vip(IP, IP, [])],
      "it is placed on node-a, whose speaker has not said yet that it answers",
    ],
  ];
  for (const [why, asked, virtualips, text] of silent)
    it(`says that ${why}`, async () => {
      const { status, out } = await fairlead("why shop/web", { services: [asked], virtualips, speakers: [] });
      expect(out).to.contain(text);
      expect(status).to.equal(2);
    });

  it("says what becomes of an address that no Service holds", async () => {
    const bound: Part = { type: "Bound", status: "False", reason: "Released", message: "it waits" };
    const { status, out } = await fairlead(`why ${IP}`, {
      virtualips: [vip(IP, IP, [bound], [])],
      speakers: [],
    });
    expect([status, out]).to.deep.equal([
      2,
      `vip ${IP} is not answered as it should be:\n  vip ${IP}: Released: it waits\n`,
    ]);
  });

  it("says what it cannot find, and how to name it", async () => {
    expect(await fairlead("why web", { services: [service([])] })).to.deep.equal({
      status: 1,
      out: "",
      err: "fairlead: there is no Service default/web; name its namespace with -n\n",
    });
    const { status, err } = await fairlead(`why ${IPV6}`, { virtualips: [], speakers: [] });
    expect([status, err]).to.deep.equal([
      1,
      `fairlead: there is no VirtualIP of ${IPV6}, so nobody holds it; see kubectl get vip\n`,
    ]);
  });
});
