import { expect } from "chai";
import type { VirtualIP, VirtualIPSpec, VirtualIPStatus } from "./virtual-ip.ts";
import { foreignUseOf, usedBy } from "./virtual-ip-foreign.ts";

const SINCE = "2026-03-01T11:00:00Z";
const FOREIGN = { mac: "02:00:00:00:00:66", node: "a", interface: "eth0", since: SINCE };
const ANNOUNCER = { node: "a", interface: "eth0", mac: "x", epoch: 1, since: SINCE };
const refused = (reason: string) =>
  ({ type: "Announced", status: "False", reason, message: "", lastTransitionTime: SINCE }) as const;
const IN_USE: VirtualIPStatus = { foreign: FOREIGN, conditions: [refused("AddressInUse")] };

const vip = (status: VirtualIPStatus, spec: Partial<VirtualIPSpec> = {}, isSure = true): VirtualIP => ({
  metadata: { name: "192.0.2.7" },
  spec: { address: "192.0.2.7", services: ["web/shop"], ...(isSure && { heldSince: SINCE }), ...spec },
  status,
});

describe("who else on the LAN has an address", () => {
  const cases: readonly [string, VirtualIP, boolean][] = [
    ["is told of one that is held, is not announced because of him, and never was", vip(IN_USE), true],
    ["is nobody if nobody was heard", vip({ conditions: [refused("AddressInUse")] }), false],
    [
      "is nobody if it is for another reason that it is not announced",
      vip({ ...IN_USE, conditions: [refused("NoCarrier")] }),
      false,
    ],
    ["is nobody of one that a node announces", vip({ ...IN_USE, announcers: [ANNOUNCER] }), false],
    [
      "is nobody who could take one away that was announced",
      vip({ ...IN_USE, firstAnnounced: SINCE }),
      false,
    ],
    [
      "is nobody who could take one away of which it is not sure that it was not, as by an earlier version",
      vip(IN_USE, {}, false),
      false,
    ],
    ["is on record of one in quarantine", vip({}, { services: [], quarantine: FOREIGN }), true],
    ["is nobody of one that nobody holds", vip(IN_USE, { services: [] }), false],
  ];
  for (const [what, one, expected] of cases)
    it(what, () => expect(foreignUseOf(one)).to.deep.equal(expected ? FOREIGN : undefined));

  it("is said in a clause, with what is known of his MAC address", () => {
    expect(usedBy(FOREIGN)).to.equal("02:00:00:00:00:66 answers for it on interface eth0 of node a");
    expect(usedBy({ ...FOREIGN, machine: "node b" })).to.contain("02:00:00:00:00:66 (node b) answers");
  });
});
