import { expect } from "chai";
import { fileOf, found, poolOf, serviceOf } from "../testing/found.ts";
import { validate } from "./validate.ts";

const IPS = "fairlead.dev/loadBalancerIPs";
const AT_IPS = `Service "web", metadata.annotations["${IPS}"]`;

/** What is found for a Service that asks for these addresses. */
const asks = (addresses: string, ...spec: readonly string[]): readonly string[] =>
  found(serviceOf({ [IPS]: addresses }, ...spec));

describe("what a Service in a file asks for", () => {
  for (const prefix of ["fairlead.dev/", "metallb.io/", "metallb.universe.tf/"]) {
    it(`may stand under ${prefix}`, () => {
      expect(
        found(
          serviceOf({
            [`${prefix}loadBalancerIPs`]: "198.51.100.5",
            [`${prefix}address-pool`]: "lan",
            [`${prefix}allow-shared-ip`]: "k",
          }),
        ),
      ).to.deep.equal([]);
    });

    it(`is told if it is misspelled under ${prefix}`, () => {
      expect(found(serviceOf({ [`${prefix}loadbalancerips`]: "198.51.100.5" }))).to.deep.equal([
        `6:5 error: Service "web", metadata.annotations["${prefix}loadbalancerips"], annotation ${prefix}loadbalancerips means nothing to Fairlead; did you mean ${prefix}loadBalancerIPs?`,
      ]);
    });
  }

  it("is told if its prefix is misspelled or missing", () => {
    for (const [key, meant] of [
      ["fairlead.io/loadBalancerIPs", IPS],
      ["metalb.io/loadBalancerIPs", "metallb.io/loadBalancerIPs"],
      ["loadBalancerIPs", IPS],
    ] as const) {
      expect(found(serviceOf({ [key]: "198.51.100.5" }))[0]).to.contain(
        `annotation ${key} means nothing to Fairlead; did you mean ${meant}?`,
      );
    }
    expect(
      found(serviceOf({ "example.com/loadBalancerIPs": "x", "metallb.io/ip-allocated-from-pool": "lan" })),
    ).to.deep.equal([]);
  });

  it("may be an address in any spelling that means one", () => {
    for (const text of [
      "2001:db8:10::0201",
      "2001:DB8:10::202",
      " 198.51.100.7 ",
      "198.51.100.7, 2001:db8::7",
    ]) {
      expect(asks(text, ...(text.includes(",") ? ["ipFamilyPolicy: PreferDualStack"] : []))).to.deep.equal(
        [],
      );
    }
  });

  for (const [text, fault] of [
    ["::ffff:198.51.100.200", '"::ffff:198.51.100.200" is an IPv4-mapped IPv6 address; write 198.51.100.200'],
    ["198.51.100.010", '"198.51.100.010" is not an IPv4 address: "010" has a leading zero; write 10'],
    ["2001:db8:10::203%eth0", '"2001:db8:10::203%eth0" has a zone; remove the part from "%" on'],
    [
      "2001:db8:10::204/128",
      '"2001:db8:10::204/128" is a prefix, not an address; remove the part from "/" on',
    ],
  ] as const) {
    it(`is told if it is no address: ${text}`, () => {
      expect(asks(text)).to.deep.equal([`6:${IPS.length + 7} error: ${AT_IPS}, annotation ${IPS}: ${fault}`]);
      expect(found(serviceOf({ "x/y": "z" }, `loadBalancerIP: '${text}'`))).to.deep.equal([
        `9:19 error: Service "web", spec.loadBalancerIP, spec.loadBalancerIP: ${fault}`,
      ]);
    });
  }

  it("is told if it contradicts itself", () => {
    expect(asks("198.51.100.5", "loadBalancerIP: 198.51.100.6")).to.deep.equal([
      `6:35 error: ${AT_IPS}, spec.loadBalancerIP asks for 198.51.100.6 and annotation ${IPS} for "198.51.100.5"; remove one of the two`,
    ]);
    expect(asks("198.51.100.5,198.51.100.6")[0]).to.contain("asks for two IPv4 addresses");
    expect(
      found(serviceOf({ [IPS]: "198.51.100.5", "metallb.io/loadBalancerIPs": "198.51.100.6" })),
    ).to.deep.equal(
      [
        `7:33 note: Service "web", metadata.annotations["metallb.io/loadBalancerIPs"], annotation ${IPS} says "198.51.100.5" and metallb.io/loadBalancerIPs says "198.51.100.6"; the first is followed, remove the other`,
      ].map((line) =>
        line.replace(
          /^7:33 note: Service "web", metadata\.annotations\["metallb.io\/loadBalancerIPs"\]/,
          `6:35 note: ${AT_IPS}`,
        ),
      ),
    );
  });

  it("goes by the families that it has, or will have", () => {
    expect(asks("2001:db8::7")).to.deep.equal([]);
    expect(asks("2001:db8::7", "ipFamilies: [IPv6]")).to.deep.equal([]);
    expect(asks("2001:db8::7", "ipFamilies: [IPv4]")[0]).to.contain("the Service has no IPv6 cluster IP");
    expect(asks("2001:db8::7", "clusterIPs: [10.0.0.1]", "clusterIP: 10.0.0.1")[0]).to.contain(
      "the Service has no IPv6 cluster IP",
    );
    expect(asks("2001:db8::7", "ipFamilyPolicy: RequireDualStack", "ipFamilies: [IPv4]")).to.deep.equal([]);
    expect(asks("198.51.100.7", "clusterIP: None")).to.deep.equal([
      '9:14 error: Service "web", spec.clusterIP, the Service has no cluster IP; remove clusterIP: None',
    ]);
  });

  it("is told where fields of the Service are wrong or misspelled", () => {
    const spec = [
      "loadBalancerIp: 198.51.100.7",
      "ipFamilyPolicy: DualStack",
      "ipFamilies: [ipv4]",
      "externalTrafficPolicy: local",
    ];
    expect(found(serviceOf({ "x/y": "z" }, ...spec))).to.deep.equal([
      '9:3 error: Service "web", spec.loadBalancerIp, "loadBalancerIp" is no field of spec; did you mean loadBalancerIP?',
      '10:19 error: Service "web", spec.ipFamilyPolicy, "DualStack" is not right; write SingleStack or PreferDualStack or RequireDualStack',
      '11:3 error: Service "web", spec.ipFamilies, ["ipv4"] is not right; write a list of IPv4 and IPv6',
      '12:26 error: Service "web", spec.externalTrafficPolicy, "local" is not right; write Cluster or Local',
    ]);
    const sharing = serviceOf({ "x/y": "z" }).replace('x/y: "z"', "fairlead.dev/allow-shared-ip: true");
    expect(found(sharing)).to.deep.equal([
      '6:35 error: Service "web", metadata.annotations["fairlead.dev/allow-shared-ip"], true is no text; put it in quotes',
    ]);
  });

  it("is compared with the pools of the files", () => {
    const pools = `${poolOf("addresses: [198.51.100.0/28]")}---\n`;
    const POOL = "fairlead.dev/address-pool";
    const lines = pools.split("\n").length - 1;
    const told = (annotations: Readonly<Record<string, string>>): readonly string[] =>
      found(pools + serviceOf(annotations)).map((line) =>
        line.replace(/^\d+/, (n) => String(Number(n) - lines)),
      );
    expect(told({ [POOL]: "lan", [IPS]: "198.51.100.7" })).to.deep.equal([]);
    expect(told({ [POOL]: "lam" })).to.deep.equal([
      `6:32 note: Service "web", metadata.annotations["${POOL}"], IPAddressPool "lam" is not in these files; it must be in the cluster; or did you mean lan?`,
    ]);
    expect(told({ [IPS]: "203.0.113.7" })).to.deep.equal([
      `6:35 note: ${AT_IPS}, 203.0.113.7 is in no IPAddressPool of these files; one in the cluster must have it`,
    ]);
    expect(told({ [POOL]: "lan", [IPS]: "203.0.113.7" })).to.deep.equal([
      `7:35 error: ${AT_IPS}, 203.0.113.7 is not in IPAddressPool "lan" (198.51.100.0-198.51.100.15), which annotation ${POOL} asks for; remove one of the two`,
    ]);
    expect(asks("203.0.113.7")).to.deep.equal([]);
  });
});

describe("a Service in a file", () => {
  const service = (type: string, annotation = ""): string =>
    `apiVersion: v1\nkind: Service\nmetadata: {name: a, annotations: {${annotation}}}\nspec: {type: ${type}}\n`;

  it("of another type is skipped, unless it asks for an address", () => {
    for (const type of ["ClusterIP", "NodePort", "null"]) {
      expect([...validate([fileOf(service(type))]).skipped]).to.deep.equal([["Service", 1]]);
      expect(found(service(type, `${IPS}: 198.51.100.7`))).to.deep.equal([
        `3:35 note: Service "a", metadata.annotations["${IPS}"], the Service asks for an address and is not of type LoadBalancer, so that it gets none; write type: LoadBalancer under spec, or remove the annotation`,
      ]);
    }
  });

  it("may be a dump, whose status is not judged", () => {
    const dump = {
      apiVersion: "v1",
      kind: "Service",
      metadata: {
        name: "a",
        namespace: "shop",
        uid: "1",
        resourceVersion: "7",
        managedFields: [{ manager: "kubectl" }],
      },
      spec: {
        type: "LoadBalancer",
        allocateLoadBalancerNodePorts: true,
        clusterIP: "10.96.0.7",
        clusterIPs: ["10.96.0.7"],
        ipFamilies: ["IPv4"],
        ipFamilyPolicy: "SingleStack",
        ports: [{ port: 80, protocol: "TCP", targetPort: 8080, nodePort: 30_000 }],
        sessionAffinity: "None",
      },
      status: { loadBalancer: { ingress: [{ ip: "198.51.100.7", ipMode: "VIP" }] } },
    };
    expect(found(JSON.stringify(dump, undefined, 2))).to.deep.equal([]);
  });
});
