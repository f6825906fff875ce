import { FakeClock } from "@fairlead/runtime/fake-clock.ts";
import { expect } from "chai";
import { assemble, drop } from "./bpf.ts";
import { ENOBUFS } from "./errno.ts";
import { NLM_F_DUMP_INTR, NLMSG_DONE, NLMSG_ERROR } from "./netlink/message.ts";
import { NetlinkWatch, type NetlinkWatchOptions } from "./netlink-watch.ts";
import { NETLINK_GET_STRICT_CHK, SOL_NETLINK } from "./sockaddr.ts";
import { message, u32 } from "./testing/netlink.ts";
import { type Arrival, ScriptedKernel } from "./testing/scripted-kernel.ts";

const GET_ONE = 18;
const GET_TWO = 22;
const OBJECT = 16;
const ENOENT = 2;
const EBUSY = 16;

describe("NetlinkWatch", () => {
  let kernel: ScriptedKernel;
  let clock: FakeClock;
  let watch: NetlinkWatch;
  let told: string[];

  beforeEach(() => {
    kernel = new ScriptedKernel();
    clock = new FakeClock();
    told = [];
    follow({});
  });

  it("dumps one kind after the other, then follows", () => {
    expect(asked()).to.deep.equal([GET_ONE]);
    kernel.last.deliver(objects(1, 2), done());
    expect(asked()).to.deep.equal([GET_ONE, GET_TWO]);
    kernel.last.deliver(objects(3), done());
    kernel.last.deliver(notification(4));
    expect(told).to.deep.equal([
      "begin",
      "1",
      "2",
      "settled",
      "3",
      "end",
      "settled",
      "4 notified",
      "settled",
    ]);
    expect(watch.dumping).to.equal(false);
  });

  it("wakes up for what the filter lets through only", () => {
    expect(kernel.last.filtered).to.equal(false);
    watch.stop();
    follow({ filter: assemble([drop()]) });
    expect(kernel.last.filtered).to.equal(true);
  });

  it("has the kernel heed what a request for a dump leaves out", () => {
    expect(kernel.last.options.get(`${SOL_NETLINK} ${NETLINK_GET_STRICT_CHK}`)).to.equal(1);
  });

  it("dumps again when the kernel says that a dump was interrupted", () => {
    kernel.last.deliver(objects(1), done(NLM_F_DUMP_INTR));
    kernel.last.deliver(done());
    expect(asked()).to.deep.equal([GET_ONE, GET_TWO, GET_ONE]);
    kernel.last.deliver(objects(2), done());
    kernel.last.deliver(done());
    expect(dumps()).to.deep.equal(["begin 1", "begin 2 end"]);
  });

  it("dumps again when notifications were lost, after a running dump has ended", () => {
    dumped();
    kernel.last.deliver({ errno: ENOBUFS });
    expect(asked().slice(2)).to.deep.equal([GET_ONE]);
    kernel.last.failPoll(ENOBUFS);
    expect(asked().slice(2)).to.deep.equal([GET_ONE]);
    kernel.last.deliver(objects(1), done());
    kernel.last.deliver(done());
    expect(asked().slice(2)).to.deep.equal([GET_ONE, GET_TWO, GET_ONE]);
    kernel.last.deliver(objects(2), done());
    kernel.last.deliver(done());
    expect(dumps()).to.deep.equal(["begin end", "begin 1", "begin 2 end"]);
    expect(watch.overruns).to.equal(2);
  });

  it("keeps to its pace, whatever the reason to dump again", () => {
    watch.stop();
    follow({ paceMs: 1000, settleMs: 100 });
    clock.advance(300);
    watch.readAgain();
    dumped();
    expect(dumps()).to.deep.equal(["begin"]);
    kernel.last.deliver({ errno: ENOBUFS });
    watch.readAgain();
    clock.advance(699);
    expect(dumps()).to.deep.equal(["begin"]);
    clock.advance(1);
    expect(dumps()).to.deep.equal(["begin", "begin"]);
    dumped();
    clock.advance(5000);
    watch.readAgain();
    clock.advance(99);
    expect(dumps()).to.deep.equal(["begin", "begin end"]);
    clock.advance(1);
    dumped();
    expect(dumps()).to.deep.equal(["begin", "begin end", "begin end"]);
    expect(clock.pending).to.equal(0);
  });

  it("believes nobody but the kernel", () => {
    kernel.last.deliver({ ...done(), from: 4711 });
    expect(asked()).to.deep.equal([GET_ONE]);
    kernel.last.deliver({ ...objects(9), from: 4711 });
    dumped();
    expect(dumps()).to.deep.equal(["begin end"]);
  });

  it("takes no end of another's dump for its own", () => {
    kernel.last.deliver({ datagram: message(NLMSG_DONE, 0, 4711, []), from: 0 });
    expect(asked()).to.deep.equal([GET_ONE]);
  });

  it("tells a failure and tries again after a second", () => {
    dumped();
    kernel.last.deliver({ errno: 12 });
    expect(told.at(-1)).to.equal("netlink recv ENOMEM");
    expect(kernel.last.open).to.equal(false);
    kernel.bindResult = -1;
    clock.advance(1000);
    expect(told.at(-1)).to.equal("netlink bind EPERM");
    kernel.bindResult = 0;
    clock.advance(1000);
    expect(kernel.sockets).to.have.length(3);
    dumped();
    expect(dumps()).to.deep.equal(["begin end", "begin end"]);
  });

  it("tells a refused dump and a malformed datagram as failures", () => {
    kernel.last.deliver(refusal(EBUSY));
    expect(told).to.deep.equal(["begin", "netlink dump EBUSY"]);
    clock.advance(1000);
    kernel.last.deliver({ datagram: [1, 2, 3], from: 0 });
    expect(told).to.deep.equal(["begin", "netlink dump EBUSY", "begin", "netlink read EPROTO"]);
  });

  it("takes what is missing for empty where it may be missing, and for a failure elsewhere", () => {
    kernel.last.deliver(done());
    kernel.last.deliver(refusal(ENOENT));
    expect(dumps()).to.deep.equal(["begin end"]);
    watch.readAgain();
    kernel.last.deliver(refusal(ENOENT));
    expect(told.at(-1)).to.equal("netlink dump ENOENT");
  });

  it("leaves neither socket nor timer behind when it is stopped", () => {
    watch.stop();
    follow({ paceMs: 1000 });
    dumped();
    watch.readAgain();
    expect(clock.pending).to.equal(1);
    watch.stop();
    watch.stop();
    expect([kernel.last.open, clock.pending]).to.deep.equal([false, 0]);
    watch.start();
    kernel.last.failPoll(12);
    watch.readAgain();
    watch.stop();
    expect([kernel.last.open, clock.pending]).to.deep.equal([false, 0]);
  });

  function follow(options: Partial<NetlinkWatchOptions>): void {
    told = [];
    watch = new NetlinkWatch({
      addon: kernel,
      clock,
      groups: 1,
      dumps: [
        { type: GET_ONE, body: new Uint8Array(4) },
        { type: GET_TWO, body: new Uint8Array(4), mayBeMissing: true },
      ],
      follower: {
        beginDump: () => told.push("begin"),
        take: ({ payload }, answer) => told.push(`${payload[0]}${answer ? "" : " notified"}`),
        endDump: () => told.push("end"),
        settled: () => told.push("settled"),
        failed: ({ operation, code }) => told.push(`${operation} ${code}`),
      },
      ...options,
    });
    watch.start();
  }

  /** Ends both parts of the running dump. */
  function dumped(): void {
    kernel.last.deliver(done());
    kernel.last.deliver(done());
  }

  function asked(): readonly number[] {
    return kernel.last.requests.map(({ type }) => type);
  }

  /** What was told from each beginning of a dump on, but for wake-ups and failures. */
  function dumps(): readonly string[] {
    const of = told.filter((one) => one !== "settled" && !one.startsWith("netlink")).join(" ");
    return of.split(/ (?=begin)/);
  }

  /** The end of the running dump. */
  function done(flags = 0): { datagram: readonly number[]; from: number } {
    return { datagram: message(NLMSG_DONE, flags, kernel.last.sequence, u32(0)), from: 0 };
  }

  function refusal(errno: number): Arrival {
    return { datagram: message(NLMSG_ERROR, 0, kernel.last.sequence, u32(-errno)), from: 0 };
  }

  /** Answers of the running dump. */
  function objects(...numbers: number[]): { datagram: readonly number[]; from: number } {
    const datagram = numbers.flatMap((number) => message(OBJECT, 0, kernel.last.sequence, u32(number)));
    return { datagram, from: 0 };
  }

  function notification(number: number): Arrival {
    return { datagram: message(OBJECT, 0, 0, u32(number)), from: 0 };
  }
});
