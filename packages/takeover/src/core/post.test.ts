import { expect } from "chai";
import type { Drop, Environment } from "../environment.ts";
import { encode, type Keyring } from "../messages/codec.ts";
import type { Header, Path } from "../messages/message.ts";
import { LOOKED_AT_ONE_IN, MOST_FORGED } from "../peers/introductions.ts";
import { testKeys } from "../testing/keys.ts";
import { Post } from "./post.ts";

const INCARNATION = 77n;
const HEADER: Header = {
  ...{ path: "Segment", sender: 2n, incarnation: 20n, receiverIncarnation: INCARNATION, sequence: 1 },
  interfaceId: 0,
};

describe("what arrives", () => {
  let tags: number;
  let sent: number;
  let post: Post;
  const keys = testKeys(1, [1]);

  beforeEach(() => {
    [tags, sent] = [0, 0];
    const counting: Keyring = {
      signing: 1,
      tag: (id, bytes) => {
        tags++;
        return keys.tag(id, bytes);
      },
    };
    const nothing = (): void => {};
    const environment: Environment = {
      ...{ probe: nothing, announce: nothing, announceAgain: nothing, stop: nothing, caretake: nothing },
      ...{ relieve: nothing, silence: nothing, tell: nothing, report: nothing, keep: nothing, drop: nothing },
      measured: nothing,
      clock: { nowMs: () => 0, after: () => ({ cancel: nothing }) },
      keys: counting,
      send: () => {
        sent++;
        // Its own tag is not one that was looked at.
        tags--;
      },
    };
    post = new Post(
      { self: 1n, incarnation: INCARNATION, interfaceId: 1, paths: ["Segment", "Node"] },
      environment,
    );
  });

  it("costs no tag where the header alone condemns it", () => {
    expect(hear({})).to.equal(undefined);
    tags = 0;
    const cases: readonly (readonly [Drop, Partial<Header>])[] = [
      ["OutOfOrder", {}],
      ["OtherSegment", { sequence: 2, interfaceId: 2 }],
      ["OtherSegment", { sequence: 2, path: "Node" }],
      ["Own", { sequence: 2, sender: 1n }],
    ];
    for (const [drop, header] of cases) expect(hear(header, false, "Segment"), drop).to.equal(drop);
    expect(tags).to.equal(0);
    expect(hear({ sequence: 2 })).to.equal(undefined);
    expect(tags).to.equal(1);
  });

  it("costs few tags where very much is forged by somebody who does not know this process", () => {
    const times = 8000;
    const drops = Array.from({ length: times }, (_, i) => hear({ receiverIncarnation: BigInt(i) }, true));
    const checked = drops.filter((drop) => drop === "WrongTag").length;
    expect(drops.filter((drop) => drop === "Unchecked").length).to.equal(times - checked);
    expect(checked).to.be.within(MOST_FORGED, MOST_FORGED + times / LOOKED_AT_ONE_IN);
    expect(tags).to.equal(checked);
    expect(sent).to.equal(0);
  });

  it("is heard of peers amid such a flood, and a new peer is greeted before long", () => {
    for (let i = 0; i < 8000; i++) hear({ receiverIncarnation: 0n }, true);
    for (let sequence = 1; sequence < 20; sequence++) expect(hear({ sequence })).to.equal(undefined);
    const tries = Array.from({ length: LOOKED_AT_ONE_IN }, () =>
      hear({ sender: 3n, receiverIncarnation: 0n }),
    );
    expect(tries.filter((drop) => drop === "OtherReceiver")).to.have.length(1);
    expect(sent).to.equal(1);
  });

  it("is looked at on the segment though the node path is flooded, which others than neighbors can do", () => {
    for (let i = 0; i < 8000; i++) hear({ receiverIncarnation: 0n, path: "Node" }, true);
    expect(hear({ sender: 3n, receiverIncarnation: 0n })).to.equal("OtherReceiver");
  });

  it("is greeted on each path that it came by", () => {
    for (const path of ["Segment", "Node", "Segment", "Node"] as const)
      hear({ receiverIncarnation: 0n, path, sequence: sent + 1 });
    expect(sent).to.equal(2);
  });

  it("costs few tags where what was once right is sent again and again", () => {
    for (let i = 0; i < 8000; i++) hear({ receiverIncarnation: 0n, sequence: 1 });
    expect(tags).to.be.below(2 * MOST_FORGED + 8000 / LOOKED_AT_ONE_IN);
  });

  function hear(header: Partial<Header>, forged = false, came?: Path): Drop | undefined {
    const whole = { ...HEADER, ...header };
    const datagram = encode(whole, { type: "Ack", ready: true }, keys);
    if (forged) datagram[datagram.length - 16] = (datagram[datagram.length - 16] ?? 0) ^ 1;
    const read = post.receive(datagram, came ?? whole.path, true);
    return read.ok ? undefined : read.error;
  }
});
