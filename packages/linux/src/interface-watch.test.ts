import { FakeClock } from "@fairlead/runtime/fake-clock.ts";
import { expect } from "chai";
import { ENOBUFS } from "./errno.ts";
import { InterfaceWatch } from "./interface-watch.ts";
import { RTM_GETADDR } from "./netlink/address.ts";
import { RTM_GETLINK, RTM_NEWLINK } from "./netlink/link.ts";
import { NLM_F_DUMP_INTR, NLMSG_DONE, NLMSG_ERROR } from "./netlink/message.ts";
import { linkPayload, message, u32 } from "./testing/netlink.ts";
import { ScriptedKernel } from "./testing/scripted-kernel.ts";

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
      onChange: (interfaces) => reports.push(interfaces.map(({ name }) => name).join(" ")),
      onError: ({ operation, code }) => errors.push(`${operation} ${code}`),
    });
    watch.start();
  });

  it("asks for links, then for addresses, then reports at once", () => {
    expect(types()).to.deep.equal([RTM_GETLINK]);
    kernel.deliver(links("eth0", "eth1"), done());
    expect(types()).to.deep.equal([RTM_GETLINK, RTM_GETADDR]);
    expect(reports).to.deep.equal([]);
    kernel.deliver(done());
    expect(reports).to.deep.equal(["eth0 eth1"]);
  });

  it("reports the changes of 10 ms as one, and none that leaves all as it was", () => {
    dumped("eth0");
    kernel.deliver(links("eth0", "eth1"));
    kernel.deliver(links("eth0", "eth1", "eth2"));
    clock.advance(9);
    expect(reports).to.have.length(1);
    clock.advance(1);
    expect(reports).to.deep.equal(["eth0", "eth0 eth1 eth2"]);
    kernel.deliver(links("eth0"));
    clock.advance(100);
    expect(reports).to.have.length(2);
    expect(clock.pending).to.equal(0);
  });

  it("dumps again when the kernel says that a dump was interrupted", () => {
    kernel.deliver(links("eth0"), done(NLM_F_DUMP_INTR));
    kernel.deliver(done());
    expect(reports).to.deep.equal([]);
    expect(types()).to.deep.equal([RTM_GETLINK, RTM_GETADDR, RTM_GETLINK]);
    kernel.deliver(links("eth1"), done());
    kernel.deliver(done());
    expect(reports).to.deep.equal(["eth1"]);
  });

  it("dumps again when notifications were lost, after a running dump has ended", () => {
    dumped("eth0");
    kernel.deliver({ errno: ENOBUFS }, links("eth0"));
    expect(types().slice(2)).to.deep.equal([RTM_GETLINK]);
    kernel.failPoll(ENOBUFS);
    expect(types().slice(2)).to.deep.equal([RTM_GETLINK]);
    kernel.deliver(links("eth1"), done());
    kernel.deliver(done());
    expect(types().slice(2)).to.deep.equal([RTM_GETLINK, RTM_GETADDR, RTM_GETLINK]);
    kernel.deliver(links("eth1"), done());
    kernel.deliver(done());
    clock.advance(10);
    expect(reports).to.deep.equal(["eth0", "eth1"]);
    expect(watch.overruns).to.equal(2);
  });

  it("believes nobody but the kernel", () => {
    kernel.deliver({ ...done(), from: 4711 });
    expect(types()).to.deep.equal([RTM_GETLINK]);
    kernel.deliver({ ...links("forged"), from: 4711 });
    dumped("eth0");
    expect(reports).to.deep.equal(["eth0"]);
  });

  it("takes no end of another's dump for its own", () => {
    kernel.deliver({ datagram: message(NLMSG_DONE, 0, 4711, []), from: 0 });
    expect(types()).to.deep.equal([RTM_GETLINK]);
  });

  it("tells a failure and tries again after a second, keeping its last report", () => {
    dumped("eth0");
    kernel.deliver({ errno: 12 });
    expect(errors).to.deep.equal(["netlink recv ENOMEM"]);
    expect(kernel.open).to.equal(false);
    kernel.bindResult = -1;
    clock.advance(1000);
    expect(errors).to.deep.equal(["netlink recv ENOMEM", "netlink bind EPERM"]);
    kernel.bindResult = 0;
    clock.advance(1000);
    expect(kernel.sockets).to.equal(3);
    kernel.deliver(links("eth1"), done());
    kernel.deliver(done());
    clock.advance(10);
    expect(reports).to.deep.equal(["eth0", "eth1"]);
  });

  it("tells a refused dump and a malformed datagram as failures", () => {
    kernel.deliver({ datagram: message(NLMSG_ERROR, 0, sequence(), [...u32(-16)]), from: 0 });
    expect(errors).to.deep.equal(["netlink dump EBUSY"]);
    clock.advance(1000);
    kernel.deliver({ datagram: [1, 2, 3], from: 0 });
    expect(errors).to.deep.equal(["netlink dump EBUSY", "netlink read EPROTO"]);
  });

  it("leaves neither socket nor timer behind when it is stopped", () => {
    dumped("eth0");
    kernel.deliver(links("eth1"));
    watch.stop();
    watch.stop();
    expect([kernel.open, clock.pending]).to.deep.equal([false, 0]);
    watch.start();
    kernel.failPoll(12);
    watch.stop();
    expect([kernel.open, clock.pending]).to.deep.equal([false, 0]);
  });

  function dumped(...names: string[]): void {
    kernel.deliver(links(...names), done());
    kernel.deliver(done());
  }

  function types(): readonly number[] {
    return kernel.requests.map(({ type }) => type);
  }

  function sequence(): number {
    return kernel.requests.at(-1)?.sequence ?? 0;
  }

  /** The end of the running dump. */
  function done(flags = 0): { datagram: readonly number[]; from: number } {
    return { datagram: message(NLMSG_DONE, flags, sequence(), u32(0)), from: 0 };
  }

  /** Links of the running dump or, with the same effect, notifications. */
  function links(...names: string[]): { datagram: readonly number[]; from: number } {
    const messages = names.map((name) =>
      message(RTM_NEWLINK, 0, sequence(), linkPayload({ index: Number(name.replace(/\D/g, "")) + 1, name })),
    );
    return { datagram: messages.flat(), from: 0 };
  }
});
