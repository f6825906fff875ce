import { EXCLUDE_NODE_LABEL } from "@fairlead/api/core/node.ts";
import type { VirtualIP } from "@fairlead/api/virtual-ip.ts";
import { expect } from "chai";
import type { Lab } from "../lab/lab.ts";
import { cluster } from "./support/cluster.ts";
import { advertisement, pool, service, web } from "./support/objects.ts";
import {
  addressed,
  announcer,
  apply,
  macOf,
  page,
  paths,
  reset,
  urlOf,
  virtualIPNameOf,
} from "./support/steps.ts";
import { expectRounds, whenTold } from "./support/takeover.ts";
import { claimsOf, followed, knownMac, questionsOf, resolutions } from "./support/wire.ts";

const RANGES = ["198.51.100.200-198.51.100.209", "2001:db8:10::200-2001:db8:10::209"];

/** What makes an address leave the node, and what undoes it. */
interface Way {
  readonly why: string;
  readonly move: (node: string) => Promise<unknown>;
  readonly undo: (node: string) => Promise<unknown>;
}

describe("an address that another node takes over", () => {
  let lab: Lab;

  before(async () => {
    lab = await cluster();
    await reset(lab);
    await apply(lab, pool("lan", { addresses: RANGES }), advertisement("lan", {}), web());
    await lab.kubectl(["rollout", "status", "deployment/web", "--timeout=60s"]);
  });
  after(() => reset(lab));
  afterEach(() => lab.kubectl(["delete", "service", "moved", "--ignore-not-found"]));

  const ways: readonly Way[] = [
    { why: "because the speaker of its owner goes", move: deleteSpeaker, undo: rolledOut },
    {
      why: "because its owner is excluded from load balancers",
      move: (node) => lab.kubectl(["label", "node", node, `${EXCLUDE_NODE_LABEL}=true`]),
      undo: (node) => lab.kubectl(["label", "node", node, `${EXCLUDE_NODE_LABEL}-`]),
    },
    {
      why: "because its owner is cordoned",
      move: (node) => lab.kubectl(["cordon", node]),
      undo: (node) => lab.kubectl(["uncordon", node]),
    },
  ];
  for (const { why, move, undo } of ways)
    for (const family of ["IPv4", "IPv6"])
      it(`${why} is told in spaced rounds and followed by a client that knows it and need not ask, in ${family}`, async () => {
        await apply(lab, service("moved", { spec: { ipFamilies: [family] } }));
        const [vip = ""] = await addressed(lab, "moved");
        const holder = await announcer(lab, virtualIPNameOf(vip));
        await lab.flushNeighbors("client-1", vip);
        await page(lab, "client-1", vip);
        const known = await knownMac(lab, "client-1", vip);
        const record = await lab.api.get<VirtualIP>(paths.virtualIP(virtualIPNameOf(vip)));
        expect(known, `${holder} announced it; ${JSON.stringify(record)}`).to.equal(macOf(lab, holder));
        const capture = await lab.capture("client-1", "arp or icmp6");
        try {
          await move(holder);
          const mac = await followed(lab, "client-1", vip, macOf(lab, holder));
          expect(questionsOf(capture.frames, macOf(lab, "client-1"), vip)).to.equal(0);
          expect(await lab.fetch("client-1", urlOf(vip))).to.include({ ok: true, status: 200 });
          expect(mac).to.equal(macOf(lab, await announcer(lab, virtualIPNameOf(vip), holder)));
          await whenTold(lab, capture, vip, mac);
          expectRounds(claimsOf(await capture.stop(), vip), vip, mac);
          expect(await resolutions(lab, "client-2", vip)).to.deep.equal([mac]);
        } finally {
          await capture.stop();
          await undo(holder);
        }
      });

  function deleteSpeaker(node: string): Promise<string> {
    const which = ["-l", "app.kubernetes.io/component=speaker", "--field-selector", `spec.nodeName=${node}`];
    return lab.kubectl(["-n", "fairlead-system", "delete", "pod", ...which, "--wait=false"]);
  }

  function rolledOut(): Promise<string> {
    const what = ["rollout", "status", "daemonset/fairlead-speaker", "--timeout=60s"];
    return lab.kubectl(["-n", "fairlead-system", ...what]);
  }
});
