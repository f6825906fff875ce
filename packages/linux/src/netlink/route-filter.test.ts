import { expect } from "chai";
import { runFilter } from "../testing/bpf-interpreter.ts";
import { linkPayload, message, routePayload, u32, via } from "../testing/netlink.ts";
import { RTM_NEWLINK } from "./link.ts";
import { NLM_F_MULTI, NLMSG_DONE } from "./message.ts";
import { RTM_DELROUTE, RTM_NEWROUTE } from "./route.ts";
import { defaultRouteFilter } from "./route-filter.ts";

describe("the filter for default routes", () => {
  const filter = defaultRouteFilter();
  const passes = (datagram: readonly number[]): boolean =>
    runFilter(filter, Uint8Array.from(datagram)) === datagram.length;
  const attributes = via([192, 0, 2, 1], 6);

  for (const type of [RTM_NEWROUTE, RTM_DELROUTE]) {
    const name = type === RTM_NEWROUTE ? "RTM_NEWROUTE" : "RTM_DELROUTE";
    it(`lets an ${name} through for a default route of the main table only`, () => {
      const notified = (route: Parameters<typeof routePayload>[0]): boolean =>
        passes(message(type, 0x400, 7, routePayload({ attributes, ...route })));
      expect(notified({})).to.equal(true);
      expect(notified({ family: 10 })).to.equal(true);
      expect(notified({ length: 24 })).to.equal(false);
      expect(notified({ length: 128, family: 10 })).to.equal(false);
      expect(notified({ table: 255 })).to.equal(false);
      expect(notified({ table: 252 })).to.equal(false);
    });
  }

  it("lets all answers of a dump through, and its end", () => {
    const host = routePayload({ length: 32, attributes });
    const dump = [
      ...message(RTM_NEWROUTE, NLM_F_MULTI, 7, host),
      ...message(RTM_NEWROUTE, NLM_F_MULTI, 7, host),
    ];
    expect(passes(dump)).to.equal(true);
    expect(passes(message(NLMSG_DONE, NLM_F_MULTI, 7, u32(0)))).to.equal(true);
    expect(passes(message(NLMSG_DONE, 0, 7, u32(0)))).to.equal(true);
  });

  it("lets through what is no route", () => {
    expect(passes(message(RTM_NEWLINK, 0, 7, linkPayload({ index: 6, name: "eth0" })))).to.equal(true);
  });
});
