import { FakeClock } from "@fairlead/runtime/fake-clock.ts";
import { seededRandom } from "@fairlead/runtime/random.ts";
import { expect } from "chai";
import { announcement } from "../testing/values.ts";
import { FRAMES_PER_SECOND, GratuitousSchedule } from "./gratuitous.ts";

interface Sent {
  readonly at: number;
  readonly address: string;
  readonly form: string;
}

/** @returns what is sent to all, and what to the gateway alone */
function make(refreshMs = 0): {
  clock: FakeClock;
  schedule: GratuitousSchedule;
  sent: Sent[];
  toGateway: Sent[];
} {
  const clock = new FakeClock();
  const [sent, toGateway]: [Sent[], Sent[]] = [[], []];
  const schedule = new GratuitousSchedule({
    clock,
    random: seededRandom(1),
    refreshMs,
    send: ({ address }, form) =>
      (form === "gateway" ? toGateway : sent).push({ at: clock.nowMs(), address: address.text, form }),
  });
  return { clock, schedule, sent, toGateway };
}

function realTimeOf(clock: FakeClock): Pick<FakeClock, "wall" | "after"> {
  return { wall: () => clock.wall(), after: (delayMs, run) => clock.after(delayMs, run) };
}

const times = (sent: readonly Sent[], address: string): readonly string[] =>
  sent.filter((one) => one.address === address).map(({ at, form }) => `${at} ${form}`);

describe("GratuitousSchedule", () => {
  it("tells an IPv4 address in six rounds: request, reply, then both", () => {
    const { clock, schedule, sent, toGateway } = make();
    schedule.announce(announcement("192.0.2.1"));
    clock.advance(60_000);
    expect(times(sent, "192.0.2.1")).to.deep.equal([
      "0 request",
      "100 reply",
      "500 request",
      "500 reply",
      "1100 request",
      "1100 reply",
      "2200 request",
      "2200 reply",
      "3300 request",
      "3300 reply",
    ]);
    expect(
      toGateway.map(({ at }) => at),
      "to the gateway alone",
    ).to.deep.equal([100, 1100]);
    expect(clock.pending).to.equal(0);
  });

  it("tells an IPv6 address by one advertisement a round", () => {
    const { clock, schedule, sent } = make();
    schedule.announce(announcement("2001:db8::1"));
    clock.advance(60_000);
    expect(sent.map(({ at }) => at)).to.deep.equal([0, 100, 500, 1100, 2200, 3300]);
    expect(new Set(sent.map(({ form }) => form))).to.deep.equal(new Set(["advertisement"]));
  });

  it("begins again when the address is taken over again", () => {
    const { clock, schedule, sent } = make();
    schedule.announce(announcement("2001:db8::1"));
    clock.advance(700);
    schedule.announce(announcement("2001:db8::1"));
    clock.advance(60_000);
    expect(sent.map(({ at }) => at)).to.deep.equal([0, 100, 500, 700, 800, 1200, 1800, 2900, 4000]);
  });

  it("sends nothing more for an address that is let go", () => {
    const { clock, schedule, sent } = make(60_000);
    schedule.announce(announcement("2001:db8::1"));
    schedule.announce(announcement("2001:db8::2"));
    clock.advance(200);
    schedule.withdraw(announcement("2001:db8::1"));
    clock.advance(300_000);
    expect(times(sent, "2001:db8::1")).to.have.length(2);
    expect(times(sent, "2001:db8::2").length).to.be.greaterThan(6);
  });

  it("takes a third of the time at most where a frame costs much, and loses none", () => {
    const clock = new FakeClock();
    const costMs = 0.5;
    let spentMs = 0;
    const sent: string[] = [];
    const schedule = new GratuitousSchedule({
      clock: { ...realTimeOf(clock), nowMs: () => clock.nowMs() + spentMs },
      random: seededRandom(1),
      refreshMs: 0,
      send: ({ address }) => {
        sent.push(address.text);
        spentMs += costMs;
      },
    });
    for (let i = 0; i < 250; i++) schedule.announce(announcement(`10.0.0.${i}`));
    const first = (): number => new Set(sent).size;
    while (first() < 250) {
      clock.advance(1);
      // Time that sending takes passes for everybody.
      expect(spentMs).to.be.at.most((clock.nowMs() + spentMs) / 3 + 6);
    }
    expect(sent.slice(0, 250)).to.deep.equal([...new Set(sent)]);
  });

  it("keeps two interfaces of one address apart", () => {
    const { clock, schedule, sent } = make();
    schedule.announce(announcement("2001:db8::1", { index: 2 }));
    schedule.announce(announcement("2001:db8::1", { index: 3 }));
    schedule.withdraw(announcement("2001:db8::1", { index: 3 }));
    clock.advance(10_000);
    expect(sent).to.have.length(6);
  });

  it("paces thousands of addresses and tells each once before any twice", () => {
    const { clock, schedule, sent } = make();
    for (let i = 0; i < 4000; i++) schedule.announce(announcement(`10.0.${i >> 8}.${i & 255}`));
    clock.advance(20_000);
    expect(sent).to.have.length(28_000);
    expect(new Set(sent.slice(0, 4000).map(({ address }) => address)).size).to.equal(4000);
    const firstMs = sent[3999]?.at ?? 0;
    expect(firstMs).to.be.within(450, 520);
    for (let from = 0; from < 8000; from += 500) {
      const inSecond = sent.filter(({ at }) => at >= from && at < from + 1000).length;
      expect(inSecond).to.be.at.most(FRAMES_PER_SECOND * 1.01);
    }
  });

  it("leaves the second and third round out for a burst of more than a tenth of a second", () => {
    const tell = (addresses: number): readonly string[] => {
      const { clock, schedule, sent } = make();
      for (let i = 0; i < addresses; i++) schedule.announce(announcement(`10.0.${i >> 8}.${i & 255}`));
      clock.advance(20_000);
      schedule.announce(announcement("192.0.2.1"));
      clock.advance(20_000);
      const [first = "", ...later] = times(sent, "10.0.0.0");
      expect(first).to.equal("0 request");
      expect(times(sent, "192.0.2.1"), "one alone, later").to.have.length(10);
      return later;
    };
    expect(tell(800)).to.have.length(9);
    expect(tell(801)).to.have.length(6);
    expect(tell(801)[0]).to.match(/^11\d\d request$/);
  });

  it("refreshes each address about once a minute, at uneven moments", () => {
    const { clock, schedule, sent, toGateway } = make(60_000);
    for (let i = 1; i <= 10; i++) schedule.announce(announcement(`2001:db8::${i}`));
    clock.advance(5_000);
    sent.length = 0;
    toGateway.length = 0;
    clock.advance(600_000);
    expect(toGateway.map(({ at }) => at)).to.deep.equal(sent.map(({ at }) => at));
    for (let i = 1; i <= 10; i++) expect(times(sent, `2001:db8::${i}`).length).to.be.within(9, 11);
    const gaps = sent.slice(1).map(({ at }, i) => at - (sent[i]?.at ?? 0));
    expect(Math.min(...gaps)).to.be.at.least(4800);
    expect(Math.max(...gaps)).to.be.at.most(7200);
    expect(new Set(gaps).size).to.be.greaterThan(10);
  });

  it("refreshes at most 50 a second, however many there are", () => {
    const { clock, schedule, sent } = make(60_000);
    for (let i = 0; i < 4000; i++) schedule.announce(announcement(`10.0.${i >> 8}.${i & 255}`));
    clock.advance(90_000);
    sent.length = 0;
    clock.advance(10_000);
    expect(sent.length).to.be.within(450, 560);
  });

  it("sends nothing after it was stopped", () => {
    const { clock, schedule, sent } = make(60_000);
    schedule.announce(announcement("192.0.2.1"));
    clock.advance(200);
    const before = sent.length;
    schedule.stop();
    clock.advance(300_000);
    expect(sent).to.have.length(before);
    expect(clock.pending).to.equal(0);
  });
});
