import type { Announcer } from "@fairlead/api/virtual-ip.ts";
import { parseInterfaceAddress } from "@fairlead/net/prefix.ts";
import { expect } from "chai";
import type { NodeView } from "../placement/node-view.ts";
import { holderOf } from "./takeover.ts";

/** A node that nothing speaks against. */
const ABLE = {
  cordoned: false,
  keeps: true,
  drained: false,
  settled: true,
  steady: true,
  proxyUnhealthy: false,
};

type Claim = Pick<Announcer, "node" | "epoch" | "step" | "provisional">;
type Silence = Pick<NodeView, "fault" | "speaker">;

const WELL: Silence = { fault: undefined, speaker: "Running" };
const RESTARTING: Silence = { fault: "SpeakerNotRunning", speaker: "Restarting" };
const GONE: Silence = { fault: "SpeakerNotRunning", speaker: "Gone" };
const OUT_OF_SERVICE: Silence = { fault: "NodeOutOfService", speaker: "Running" };
const SHUTTING_DOWN: Silence = { fault: "NodeShuttingDown", speaker: "Running" };
const NOT_READY: Silence = { fault: "NodeNotReady", speaker: "Restarting" };

function holder(claims: readonly Claim[], of: Readonly<Record<string, Silence | "none">> = {}) {
  return holderOf({
    placement: { epoch: 4, nodes: ["a", "b", "c"], protocols: ["Layer2"] },
    announcers: claims.map((claim) => ({ interface: "eth0", mac: "", since: "", ...claim })),
    node: (name) => {
      const silence = of[name] ?? { fault: undefined, speaker: "Running" };
      if (silence === "none") return undefined;
      return { name, labels: {}, ...ABLE, interfaces: [], dark: [], ...silence };
    },
  });
}

describe("the node that has an address", () => {
  const placed: Claim = { node: "a", epoch: 4 };
  const cases: readonly [string, readonly Claim[], Readonly<Record<string, Silence | "none">>, string][] = [
    ["the one on record, before anybody says anything", [], {}, "a"],
    ["the one on record, which says so", [placed], {}, "a"],
    ["one with a higher step", [placed, { node: "b", epoch: 4, step: 1 }], {}, "b"],
    [
      "the highest of several",
      [
        { node: "c", epoch: 4, step: 2 },
        { node: "b", epoch: 4, step: 1 },
      ],
      {},
      "c",
    ],
    ["one with a higher epoch, as after a restored etcd", [placed, { node: "b", epoch: 9 }], {}, "b"],
    [
      "the one on record with the highest step",
      [
        { node: "a", epoch: 4, step: 2 },
        { node: "b", epoch: 4, step: 1 },
      ],
      {},
      "a",
    ],
    ["not one with an old epoch, however high its step", [{ node: "b", epoch: 3, step: 9 }], {}, "a"],
    ["not one without a step", [{ node: "b", epoch: 4 }], {}, "a"],
    ["not one that only covers", [placed, { node: "b", epoch: 4, provisional: true }], {}, "a"],
    ["not one that only covers, however high", [{ node: "b", epoch: 9, provisional: true }], {}, "a"],
    [
      "one that covers for a node that is not ready",
      [placed, { node: "b", epoch: 4, provisional: true }],
      { a: NOT_READY },
      "b",
    ],
    [
      "one that covers for a speaker that is not there",
      [{ node: "b", epoch: 4, provisional: true }],
      { a: RESTARTING },
      "b",
    ],
    [
      "one that covers for a node that is gone",
      [{ node: "b", epoch: 4, provisional: true }],
      { a: "none" },
      "b",
    ],
    ["one with an old claim, when the node on record is gone", [{ node: "b", epoch: 3 }], { a: "none" }, "b"],
    [
      "one with an old claim, when the node on record is not ready",
      [{ node: "b", epoch: 3 }],
      { a: NOT_READY },
      "b",
    ],
    ["not one with an old claim while a speaker restarts", [{ node: "b", epoch: 3 }], { a: RESTARTING }, "a"],
    ["not one whose node is not ready", [{ node: "b", epoch: 4, step: 1 }], { b: NOT_READY }, "a"],
    [
      "not one whose node is said to be out of service",
      [{ node: "b", epoch: 4, step: 1 }],
      { b: OUT_OF_SERVICE },
      "a",
    ],
    [
      "one that covers for a node that is said to be out of service",
      [placed, { node: "b", epoch: 4, provisional: true }],
      { a: OUT_OF_SERVICE },
      "b",
    ],
    ["one whose node shuts down", [{ node: "b", epoch: 4, step: 1 }], { b: SHUTTING_DOWN }, "b"],
    ["not one whose speaker is gone", [{ node: "b", epoch: 4, step: 1 }], { b: GONE }, "a"],
    ["not one whose node is gone", [{ node: "x", epoch: 4, step: 1 }], { x: "none" }, "a"],
    ["one whose speaker has restarted since", [{ node: "b", epoch: 4, step: 1 }], { b: RESTARTING }, "b"],
    [
      "the next when the highest is gone",
      [
        { node: "c", epoch: 4, step: 2 },
        { node: "b", epoch: 4, step: 1 },
      ],
      { c: GONE },
      "b",
    ],
    [
      "of two alike the first on the list",
      [
        { node: "c", epoch: 4, step: 1 },
        { node: "b", epoch: 4, step: 1 },
      ],
      {},
      "b",
    ],
    [
      "of two alike the one on the list",
      [
        { node: "0", epoch: 4, step: 1 },
        { node: "c", epoch: 4, step: 1 },
      ],
      {},
      "c",
    ],
  ];
  for (const [title, claims, of, expected] of cases) {
    it(`is ${title}`, () => {
      expect(holder(claims, of)).to.equal(expected);
      expect(holder(claims.toReversed(), of), "in another order").to.equal(expected);
    });
  }

  it("is none where the record names none, whatever is said", () => {
    const announcers = [{ node: "b", epoch: 9, interface: "eth0", mac: "", since: "" }];
    const node = () => undefined;
    expect(holderOf({ placement: undefined, announcers, node })).to.equal(undefined);
    const placement = { epoch: 4, nodes: [], protocols: ["Layer2"] } as const;
    expect(holderOf({ placement, announcers, node })).to.equal(undefined);
  });

  describe("on several networks", () => {
    const LAN = ["192.0.2.11/24"];
    const WAN = ["203.0.113.11/24"];
    type Links = Readonly<Record<string, readonly string[]>>;
    type Said = Claim & Pick<Announcer, "interface">;

    function onBoth(claims: readonly Said[], links: Readonly<Record<string, Links>>, of: Silence = WELL) {
      return holderOf({
        placement: { epoch: 4, nodes: ["a", "b"], interfaces: ["*an0"], protocols: ["Layer2"] },
        announcers: claims.map((claim) => ({ mac: "", since: "", ...claim })),
        node: (name) => {
          const interfaces = Object.entries(links[name] ?? {}).map(([name, texts]) => ({
            name,
            subnets: texts.flatMap((text) => {
              const parsed = parseInterfaceAddress(text);
              return parsed.ok ? [parsed.value.prefix] : [];
            }),
          }));
          return { name, labels: {}, ...ABLE, interfaces, dark: [], ...(name === "a" ? of : WELL) };
        },
      });
    }

    const stays: Said = { node: "a", epoch: 4, interface: "lan0" };
    const passed: Said = { node: "b", epoch: 4, step: 1, interface: "wan0" };
    const both = { lan0: LAN, wan0: WAN };
    const split: readonly [string, readonly Said[], Readonly<Record<string, Links>>, Silence, string][] = [
      [
        "the one on record while it answers where the other is not",
        [stays, passed],
        { a: { lan0: LAN }, b: { wan0: WAN } },
        WELL,
        "a",
      ],
      [
        "the one on record while it answers where the other has no interface that is told on",
        [stays, passed],
        { a: { lan0: LAN }, b: { wan0: WAN, eth0: LAN } },
        WELL,
        "a",
      ],
      [
        "the one on record while its speaker restarts",
        [stays, passed],
        { a: { lan0: LAN }, b: { wan0: WAN } },
        RESTARTING,
        "a",
      ],
      ["the other one if that is on all networks", [stays, passed], { a: both, b: both }, WELL, "b"],
      [
        "the other one, whatever the one on record had to claim on another network",
        [{ ...stays, step: 2 }, passed],
        { a: both, b: both },
        WELL,
        "b",
      ],
      [
        "the one on record if that has the higher claim on the same network",
        [{ ...stays, step: 2, interface: "wan0" }, passed],
        { a: both, b: both },
        WELL,
        "a",
      ],
      [
        "the one on record if that has the higher claim and it is not known on which network",
        [{ ...stays, step: 2 }, passed],
        { a: { lan0: [] }, b: both },
        WELL,
        "a",
      ],
      [
        "the other one if the one on record answers nowhere",
        [passed],
        { a: { lan0: LAN }, b: { wan0: WAN } },
        WELL,
        "b",
      ],
      [
        "the other one if the one on record answers by an older record",
        [{ ...stays, epoch: 3 }, passed],
        { a: { lan0: LAN }, b: { wan0: WAN } },
        WELL,
        "b",
      ],
      [
        "the other one if the one on record has lost that link as well",
        [stays, passed],
        { a: {}, b: { wan0: WAN } },
        WELL,
        "b",
      ],
      [
        "the other one if it is not known which network that is",
        [stays, passed],
        { a: { lan0: [] }, b: { wan0: WAN } },
        WELL,
        "b",
      ],
      [
        "the other one if the one on record is not ready",
        [stays, passed],
        { a: { lan0: LAN }, b: { wan0: WAN } },
        NOT_READY,
        "b",
      ],
      [
        "the other one if its epoch is above the record's",
        [stays, { ...passed, epoch: 5 }],
        { a: { lan0: LAN }, b: { wan0: WAN } },
        WELL,
        "b",
      ],
    ];
    for (const [title, claims, links, of, expected] of split)
      it(`is ${title}`, () => {
        expect(onBoth(claims, links, of)).to.equal(expected);
        expect(onBoth(claims.toReversed(), links, of), "in another order").to.equal(expected);
      });
  });
});
