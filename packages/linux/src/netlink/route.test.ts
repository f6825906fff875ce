import { expect } from "chai";
import fc from "fast-check";
import { attribute, routePayload, u16, u32, via } from "../testing/netlink.ts";
import { isMainDefault, mainRoutes, readDefaultRoute } from "./route.ts";

/** `default via 192.0.2.1 dev eth0 proto static metric 100`, as the kernel tells it. */
const DEFAULT = [
  2, // family AF_INET
  0, // destination length
  0, // source length
  0, // tos
  254, // table main
  4, // protocol static
  0, // scope universe
  1, // type unicast
  ...[0, 0, 0, 0], // flags
  ...[8, 0, 15, 0, 254, 0, 0, 0], // RTA_TABLE
  ...[8, 0, 6, 0, 100, 0, 0, 0], // RTA_PRIORITY
  ...[8, 0, 5, 0, 192, 0, 2, 1], // RTA_GATEWAY
  ...[8, 0, 4, 0, 6, 0, 0, 0], // RTA_OIF
];

const FE80_1 = [0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
const AF_INET6 = 10;
const AF_MPLS = 28;

/** The next hops of `default nexthop via 192.0.2.1 dev eth0 nexthop via inet6 fe80::1 dev eth1 nexthop dev tun0`. */
const NEXT_HOPS = [
  ...[16, 0, 0, 0, 6, 0, 0, 0], // length, flags, hops, interface 6
  ...[8, 0, 5, 0, 192, 0, 2, 1], // RTA_GATEWAY
  ...[30, 0, 0, 0, 7, 0, 0, 0], // length, flags, hops, interface 7
  ...[22, 0, 18, 0, 10, 0, ...FE80_1, 0, 0], // RTA_VIA: family AF_INET6, address; padding of both
  ...[8, 0, 0, 0, 8, 0, 0, 0], // length, flags, hops, interface 8
];

describe("readDefaultRoute", () => {
  it("reads the gateway, its interface and the metric", () => {
    const read = readDefaultRoute(Uint8Array.from(DEFAULT));
    if (!read.ok) throw new Error(read.error);
    expect(read.value).to.include({ family: "IPv4", tos: 0, priority: 100 });
    expect(gateways(DEFAULT)).to.deep.equal(["192.0.2.1%6"]);
  });

  it("reads an IPv6 route", () => {
    const payload = routePayload({ family: AF_INET6, attributes: via(FE80_1, 6) });
    const read = readDefaultRoute(Uint8Array.from(payload));
    expect(read.ok && read.value.family).to.equal("IPv6");
    expect(gateways(payload)).to.deep.equal(["fe80::1%6"]);
  });

  it("reads each next hop of a route with several, and none without a gateway", () => {
    expect(gateways(routePayload({ attributes: attribute(9, ...NEXT_HOPS) }))).to.deep.equal([
      "192.0.2.1%6",
      "fe80::1%7",
    ]);
  });

  it("reads an IPv6 gateway of an IPv4 route", () => {
    const attributes = [...attribute(18, ...u16(AF_INET6), ...FE80_1), ...attribute(4, ...u32(6))];
    expect(gateways(routePayload({ attributes }))).to.deep.equal(["fe80::1%6"]);
  });

  it("has no gateway where there is no neighbor", () => {
    expect(gateways(routePayload({ attributes: attribute(4, ...u32(6)) }))).to.deep.equal([]);
  });

  it("says why it refuses", () => {
    const reason = (bytes: readonly number[]): unknown => {
      const read = readDefaultRoute(Uint8Array.from(bytes));
      return read.ok ? "read" : read.error;
    };
    const other = "not a default route of the main table";
    expect(reason(DEFAULT.slice(0, 11))).to.equal("a route message of 11 bytes is too short");
    expect(reason(DEFAULT.with(1, 24))).to.equal(other);
    expect(reason(DEFAULT.with(4, 255))).to.equal(other);
    expect(reason(DEFAULT.with(0, AF_MPLS))).to.equal("route family 28 is neither IPv4 nor IPv6");
    expect(reason(DEFAULT.with(7, 6))).to.equal("a route that leads to nobody");
    expect(reason(DEFAULT.with(9, 2))).to.equal("an entry of the routing cache");
    expect(reason(DEFAULT.slice(0, -3))).to.equal("attribute length 8 with 5 bytes left");
    expect(reason(DEFAULT.slice(0, -8))).to.equal("0 is not an interface index");
    expect(reason(routePayload({ attributes: via([1, 2, 3], 6) }))).to.equal("a gateway of 3 bytes");
    const hops = (bytes: readonly number[]): unknown =>
      reason(routePayload({ attributes: attribute(9, ...bytes) }));
    expect(hops(NEXT_HOPS.slice(0, 7))).to.equal("7 bytes are too few for a next hop");
    expect(hops(NEXT_HOPS.with(0, 7))).to.equal("next hop length 7 with 56 bytes left");
    expect(hops(NEXT_HOPS.with(0, 57))).to.equal("next hop length 57 with 56 bytes left");
    expect(hops(NEXT_HOPS.with(8, 9))).to.equal("attribute length 9 with 8 bytes left");
    expect(hops(NEXT_HOPS.with(4, 0))).to.equal("0 is not an interface index");
  });

  it("never throws on noise", () => {
    const route = routePayload({ attributes: attribute(9, ...NEXT_HOPS) });
    const noise = fc.tuple(fc.uint8Array({ maxLength: 120 }), fc.nat(route.length));
    fc.assert(
      fc.property(noise, ([bytes, keep]) => {
        readDefaultRoute(bytes);
        readDefaultRoute(Uint8Array.from([...route.slice(0, keep), ...bytes]));
        readDefaultRoute(Uint8Array.from(routePayload({ attributes: attribute(9, ...bytes) })));
        isMainDefault(bytes);
      }),
    );
  });
});

describe("mainRoutes", () => {
  it("asks for one family and the main table, and nothing else, as strict checking demands", () => {
    expect([...mainRoutes("IPv4")]).to.deep.equal([2, 0, 0, 0, 254, 0, 0, 0, 0, 0, 0, 0]);
    expect([...mainRoutes("IPv6")]).to.deep.equal([10, 0, 0, 0, 254, 0, 0, 0, 0, 0, 0, 0]);
  });
});

/** The gateways that a route message tells, with their interfaces. */
function gateways(payload: readonly number[]): readonly string[] {
  const read = readDefaultRoute(Uint8Array.from(payload));
  if (!read.ok) throw new Error(read.error);
  return read.value.nextHops.map(({ gateway, interfaceIndex }) => `${gateway.text}%${interfaceIndex}`);
}
