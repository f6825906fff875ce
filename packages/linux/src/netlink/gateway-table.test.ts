import { expect } from "chai";
import fc from "fast-check";
import { attribute, routePayload, u32, via } from "../testing/netlink.ts";
import { type Gateways, GatewayTable, MOST_GATEWAYS, sameGateways } from "./gateway-table.ts";
import type { NetlinkMessage } from "./message.ts";
import { RTM_DELROUTE, RTM_NEWROUTE } from "./route.ts";

const AF_INET6 = 10;

describe("GatewayTable", () => {
  let table: GatewayTable;

  beforeEach(() => {
    table = new GatewayTable();
  });

  it("tells the gateways of each interface in order, each once, IPv4 before IPv6", () => {
    dump(v6(1, 2), v4(9, 2, 10), v4(9, 2, 20), v4(1, 2, 30), v4(5, 3));
    expect(text(table.gateways)).to.deep.equal(["2: 192.0.2.1 192.0.2.9 2001:db8::1", "3: 192.0.2.5"]);
  });

  it("forgets with a dump what is not in it, and only at its end", () => {
    dump(v4(1, 2), v4(5, 3));
    const before = table.gateways;
    table.beginDump();
    table.dumped(v4(2, 2));
    expect(table.gateways).to.equal(before);
    table.endDump();
    expect(text(table.gateways)).to.deep.equal(["2: 192.0.2.2"]);
  });

  it("takes no part of a dump that was begun again", () => {
    table.beginDump();
    table.dumped(v4(1, 2));
    dump(v4(2, 2));
    expect(text(table.gateways)).to.deep.equal(["2: 192.0.2.2"]);
  });

  it("leaves out every other route and says why", () => {
    table.beginDump();
    expect(table.dumped(v4(1, 2, 0, { length: 24 }))).to.equal("not a default route of the main table");
    expect(table.dumped(v4(1, 2, 0, { table: 255 }))).to.equal("not a default route of the main table");
    expect(table.dumped(v4(1, 2, 0, { type: 7 }))).to.equal("a route that leads to nobody");
    expect(table.dumped({ ...v4(1, 2), type: RTM_DELROUTE })).to.equal("message type 25 is of no interest");
    table.endDump();
    expect(text(table.gateways)).to.deep.equal([]);
  });

  it("knows news from what it was told before", () => {
    dump(v4(1, 2), v4(2, 2, 100));
    const cases: readonly [string, NetlinkMessage, boolean][] = [
      ["the same again", v4(1, 2), false],
      ["another gateway", v4(3, 2), true],
      ["another interface", v4(1, 3), true],
      ["a known gateway in place of another", v4(2, 2), true],
      ["a deletion", { ...v4(1, 2), type: RTM_DELROUTE }, true],
      ["the deletion of what is not known", { ...v4(7, 2), type: RTM_DELROUTE }, true],
      ["a route to somewhere else", v4(3, 2, 0, { length: 8 }), false],
      ["its deletion", { ...v4(3, 2, 0, { length: 8 }), type: RTM_DELROUTE }, false],
      ["a route of another table", v4(3, 2, 0, { table: 100 }), false],
      ["something else", { ...v4(3, 2), type: 16 }, false],
    ];
    for (const [what, message, news] of cases) expect(table.isNews(message), what).to.equal(news);
  });

  it("tells no more gateways of one interface than there can reasonably be, IPv4 first", () => {
    dump(...Array.from({ length: 40 }, (_, i) => v6(i + 1, 2, i)), v4(1, 2));
    const told = table.gateways.get(2) ?? [];
    expect(told).to.have.length(MOST_GATEWAYS);
    expect([told[0]?.text, told[1]?.text]).to.deep.equal(["192.0.2.1", "2001:db8::1"]);
  });

  it("never throws on noise", () => {
    fc.assert(
      fc.property(fc.integer({ min: 23, max: 27 }), fc.uint8Array({ maxLength: 80 }), (type, noise) => {
        const payload = Uint8Array.from([...routePayload({}), ...noise]);
        for (const bytes of [noise, payload]) {
          table.beginDump();
          table.dumped({ type, flags: 0, sequence: 0, payload: bytes });
          table.isNews({ type, flags: 0, sequence: 0, payload: bytes });
          table.endDump();
          expect(table.gateways.size).to.be.at.most(10);
        }
      }),
    );
  });

  it("tells whether two readings say the same", () => {
    const readings = [[], [v4(1, 2)], [v4(1, 3)], [v4(2, 2)], [v4(1, 2), v4(2, 2)], [v4(1, 2), v4(1, 3)]];
    const seen = readings.map((routes) => {
      dump(...routes);
      return table.gateways;
    });
    seen.forEach((a, i) => {
      seen.forEach((b, j) => {
        expect(sameGateways(a, b), `${i} and ${j}`).to.equal(i === j);
      });
    });
    dump(v4(1, 2));
    expect(sameGateways(table.gateways, seen[1] ?? new Map())).to.equal(true);
  });

  function dump(...routes: readonly NetlinkMessage[]): void {
    table.beginDump();
    for (const route of routes) table.dumped(route);
    table.endDump();
  }
});

/** `default via 192.0.2.<last> dev <index> metric <priority>` */
function v4(
  last: number,
  index: number,
  priority = 0,
  other: Parameters<typeof routePayload>[0] = {},
): NetlinkMessage {
  return route({ attributes: [...via([192, 0, 2, last], index), ...metric(priority)], ...other });
}

/** `default via 2001:db8::<last> dev <index> metric <priority>` */
function v6(last: number, index: number, priority = 0): NetlinkMessage {
  const gateway = [0x20, 1, 13, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last];
  return route({ family: AF_INET6, attributes: [...via(gateway, index), ...metric(priority)] });
}

function metric(priority: number): readonly number[] {
  return attribute(6, ...u32(priority));
}

function route(what: Parameters<typeof routePayload>[0]): NetlinkMessage {
  return { type: RTM_NEWROUTE, flags: 0, sequence: 0, payload: Uint8Array.from(routePayload(what)) };
}

function text(gateways: Gateways): readonly string[] {
  return [...gateways].map(([index, all]) => `${index}: ${all.map((one) => one.text).join(" ")}`).sort();
}
