import { FakeClock } from "@fairlead/runtime/fake-clock.ts";
import { expect } from "chai";
import { ENOBUFS } from "./errno.ts";
import { ROUTE_GROUPS } from "./gateway-watch.ts";
import { INTERFACE_GROUPS, InterfaceWatch } from "./interface-watch.ts";
import { RTM_GETADDR } from "./netlink/address.ts";
import { RTM_DELLINK, RTM_GETLINK, RTM_NEWLINK } from "./netlink/link.ts";
import { NLMSG_DONE } from "./netlink/message.ts";
import { RTM_DELROUTE, RTM_GETROUTE, RTM_NEWROUTE } from "./netlink/route.ts";
import { linkPayload, message, routePayload, u32, via } from "./testing/netlink.ts";
import { type Arrival, ScriptedKernel, type ScriptedSocket } from "./testing/scripted-kernel.ts";

/** How long a hint at routes waits, and the least time between two dumps of them, in ms. */
const SETTLE_MS = 100;
const PACE_MS = 1000;

describe("InterfaceWatch, as netlink goes", () => {
  let kernel: ScriptedKernel;
  let clock: FakeClock;
  let watch: InterfaceWatch;
  let reports: string[];
  let errors: string[];

  beforeEach(() => {
    kernel = new ScriptedKernel();
    clock = new FakeClock();
    reports = [];
    errors = [];
    watch = new InterfaceWatch({
      addon: kernel,
      clock,
      onChange: (interfaces) =>
        reports.push(
          interfaces
            .map(({ name, gateways }) => [name, ...gateways.map(({ text }) => text)].join(" > "))
            .join(", "),
        ),
      onError: ({ operation, code }) => errors.push(`${operation} ${code}`),
    });
    watch.start();
  });

  it("asks for links, addresses and the routes of both families, then reports at once", () => {
    expect(asked(links())).to.deep.equal([RTM_GETLINK]);
    links().deliver(upLinks("eth0", "eth1"), done(links()));
    expect(asked(links())).to.deep.equal([RTM_GETLINK, RTM_GETADDR]);
    links().deliver(done(links()));
    expect(reports).to.deep.equal([]);
    routes().deliver(known(1), done(routes()));
    expect(asked(routes())).to.deep.equal([RTM_GETROUTE, RTM_GETROUTE]);
    routes().deliver(done(routes()));
    expect(reports).to.deep.equal(["eth0 > 192.0.2.1, eth1"]);
  });

  it("reports at once, too, when the links come last", () => {
    dumpedRoutes(1);
    expect(reports).to.deep.equal([]);
    dumpedLinks("eth0");
    expect(reports).to.deep.equal(["eth0 > 192.0.2.1"]);
  });

  it("reports the changes of 10 ms as one, and none that leaves all as it was", () => {
    dumped("eth0");
    links().deliver(upLinks("eth0", "eth1"));
    links().deliver(upLinks("eth0", "eth1", "eth2"));
    clock.advance(9);
    expect(reports).to.have.length(1);
    clock.advance(1);
    expect(reports).to.deep.equal(["eth0", "eth0, eth1, eth2"]);
    links().deliver(upLinks("eth0"));
    clock.advance(100);
    expect(reports).to.have.length(2);
    expect(clock.pending).to.equal(0);
  });

  it("follows the gateway: a default route that is not known makes it read the routes again", () => {
    dumped("eth0");
    clock.advance(5000);
    routes().deliver(notified(1));
    clock.advance(SETTLE_MS);
    expect(asked(routes())).to.have.length(3);
    dumpedRoutes(1);
    clock.advance(10);
    expect(reports).to.deep.equal(["eth0", "eth0 > 192.0.2.1"]);
    routes().deliver(notified(1));
    clock.advance(5000);
    expect(asked(routes())).to.have.length(4);
    routes().deliver(notified(1, RTM_DELROUTE));
    clock.advance(SETTLE_MS);
    dumpedRoutes();
    clock.advance(10);
    expect(reports.at(-1)).to.equal("eth0");
  });

  it("reads the routes at most once a second, however often they change", () => {
    dumped("eth0");
    for (let i = 0; i < 50; i++) {
      routes().deliver(notified(1 + i));
      clock.advance(100);
      if (asked(routes()).length % 2 === 1) dumpedRoutes(1 + i);
    }
    expect(asked(routes()).length / 2).to.be.within(5, 6);
  });

  it("reads the routes again when an interface with a gateway goes, for the kernel does not tell that they went", () => {
    dumpedLinks("eth0", "eth1");
    dumpedRoutes(1);
    clock.advance(PACE_MS);
    links().deliver(gone("eth1"));
    clock.advance(PACE_MS);
    expect(asked(routes())).to.have.length(2);
    links().deliver(gone("eth0"));
    clock.advance(SETTLE_MS);
    expect(asked(routes())).to.have.length(3);
  });

  for (const [name, requests] of [
    ["eth0", 3],
    ["eth1", 2],
  ] as const) {
    it(`tells the routes at once, and ${requests === 3 ? "reads them again" : "leaves it at that"}, when ${name} goes meanwhile`, () => {
      dumpedLinks("eth0", "eth1");
      links().deliver(gone(name));
      dumpedRoutes(1);
      expect(reports).to.have.length(1);
      clock.advance(PACE_MS);
      expect(asked(routes())).to.have.length(requests);
    });
  }

  it("tells routes that change while they are read at once, and reads them again", () => {
    dumpedLinks("eth0");
    routes().deliver(notified(2));
    dumpedRoutes(1);
    expect(reports).to.deep.equal(["eth0 > 192.0.2.1"]);
    clock.advance(PACE_MS);
    dumpedRoutes(2);
    clock.advance(5000);
    expect(reports).to.deep.equal(["eth0 > 192.0.2.1", "eth0 > 192.0.2.2"]);
    expect(asked(routes())).to.have.length(4);
  });

  it("reads the routes again after notifications of links were lost", () => {
    dumped("eth0");
    clock.advance(PACE_MS);
    links().deliver({ errno: ENOBUFS });
    dumpedLinks("eth1");
    clock.advance(SETTLE_MS);
    expect(asked(routes())).to.have.length(3);
    expect(reports.at(-1)).to.equal("eth1");
    expect(watch.overruns).to.equal(1);
  });

  it("reports without gateways when the routes cannot be read, tells why and goes on trying", () => {
    dumpedLinks("eth0");
    routes().failPoll(12);
    expect(errors).to.deep.equal(["netlink poll ENOMEM"]);
    expect(reports).to.deep.equal(["eth0"]);
    clock.advance(1000);
    dumpedRoutes(1);
    clock.advance(10);
    expect(reports).to.deep.equal(["eth0", "eth0 > 192.0.2.1"]);
  });

  it("keeps its last report when netlink fails, and tells what has changed when it is back", () => {
    dumpedLinks("eth0");
    dumpedRoutes(1);
    links().deliver({ errno: 12 });
    routes().deliver({ errno: 12 });
    clock.advance(1000);
    dumpedLinks("eth0", "eth1");
    dumpedRoutes(1);
    clock.advance(10);
    expect(errors).to.deep.equal(["netlink recv ENOMEM", "netlink recv ENOMEM"]);
    expect(reports).to.deep.equal(["eth0 > 192.0.2.1", "eth0 > 192.0.2.1, eth1"]);
  });

  it("leaves neither socket nor timer behind when it is stopped", () => {
    dumped("eth0");
    links().deliver(upLinks("eth1"));
    routes().deliver(notified(1));
    watch.stop();
    watch.stop();
    expect([links().open, routes().open, clock.pending]).to.deep.equal([false, false, 0]);
  });

  function links(): ScriptedSocket {
    return kernel.boundTo(INTERFACE_GROUPS);
  }

  function routes(): ScriptedSocket {
    return kernel.boundTo(ROUTE_GROUPS);
  }

  /** Everything is known: these interfaces, without gateways. */
  function dumped(...names: string[]): void {
    dumpedLinks(...names);
    dumpedRoutes();
  }

  function dumpedLinks(...names: string[]): void {
    links().deliver(upLinks(...names), done(links()));
    links().deliver(done(links()));
  }

  /** Answers the running dump of routes with default routes by 192.0.2.<last> on eth0. */
  function dumpedRoutes(...lasts: readonly number[]): void {
    routes().deliver(...lasts.map(known), done(routes()));
    routes().deliver(done(routes()));
  }

  function known(last: number): Arrival {
    return { datagram: route(RTM_NEWROUTE, last, routes().sequence), from: 0 };
  }

  function notified(last: number, type = RTM_NEWROUTE): Arrival {
    return { datagram: route(type, last, 0), from: 0 };
  }

  function asked(socket: ScriptedSocket): readonly number[] {
    return socket.requests.map(({ type }) => type);
  }

  /** The end of the running dump. */
  function done(socket: ScriptedSocket): Arrival {
    return { datagram: message(NLMSG_DONE, 0, socket.sequence, u32(0)), from: 0 };
  }

  /** Links of the running dump or, with the same effect, notifications; `eth0` has the index 1. */
  function upLinks(...names: string[]): Arrival {
    return { datagram: names.flatMap((name) => link(RTM_NEWLINK, name, links().sequence)), from: 0 };
  }

  function gone(name: string): Arrival {
    return { datagram: link(RTM_DELLINK, name, 0), from: 0 };
  }
});

function link(type: number, name: string, sequence: number): readonly number[] {
  return message(type, 0, sequence, linkPayload({ index: Number(name.replace(/\D/g, "")) + 1, name }));
}

function route(type: number, last: number, sequence: number): readonly number[] {
  return message(type, 0, sequence, routePayload({ attributes: via([192, 0, 2, last], 1) }));
}
