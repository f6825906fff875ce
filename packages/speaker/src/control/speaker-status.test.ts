import { expect } from "chai";
import { address, eth } from "../testing/values.ts";
import { sameSpeakerStatus, speakerStatus } from "./speaker-status.ts";

const OPTIONS = { excluded: ["veth*", "cni0"], version: "1.2.3" };

describe("the Speaker object's status", () => {
  it("tells the interfaces that could be answered on, sorted by name", () => {
    const status = speakerStatus(
      [
        eth("lo", 1, ["127.0.0.1/8"], { loopback: true }),
        eth("lan1", 5, [], { carrier: false }),
        eth("eth0", 2, ["192.0.2.1/24", "fe80::2/64"], {
          gateways: [address("192.0.2.254"), address("fe80::1")],
        }),
        eth("veth12", 6, []),
        eth("cni0", 7, ["10.244.0.1/24"]),
        eth("port1", 8, [], { master: 9 }),
        eth("wg0", 10, ["10.9.0.1/24"], { mac: undefined }),
        eth("noarp", 11, [], { noArp: true }),
      ],
      OPTIONS,
    );
    expect(status).to.deep.equal({
      version: "1.2.3",
      interfaces: [
        {
          name: "eth0",
          mac: "02:00:00:00:00:02",
          carrier: true,
          addresses: ["192.0.2.1/24", "fe80::2/64"],
          gateways: ["192.0.2.254", "fe80::1"],
        },
        { name: "lan1", mac: "02:00:00:00:00:05", carrier: false, addresses: [] },
      ],
    });
  });

  it("tells the node's own address, and is another with another", () => {
    const told = (text: string) => speakerStatus([], { ...OPTIONS, nodeAddress: address(text) });
    const [one, other] = [told("192.0.2.11"), told("192.0.2.12")];
    expect(one).to.deep.equal({ version: "1.2.3", nodeAddress: "192.0.2.11", interfaces: [] });
    expect(sameSpeakerStatus(one, { ...one })).to.equal(true);
    expect(sameSpeakerStatus(one, other)).to.equal(false);
    expect(sameSpeakerStatus(one, speakerStatus([], OPTIONS))).to.equal(false);
  });

  it("is compared by what it says, not by the order of its fields", () => {
    const routed = { gateways: [address("192.0.2.254")] };
    const eth0 = eth("eth0", 2, ["192.0.2.1/24"], routed);
    const status = speakerStatus([eth0, eth("eth1", 3, [])], OPTIONS);
    const reordered = {
      interfaces: status.interfaces
        .toReversed()
        .map(({ name, mac, carrier, ...rest }) => ({ ...rest, carrier, mac, name })),
      version: status.version,
    };
    expect(sameSpeakerStatus(status, reordered)).to.equal(true);
    expect(sameSpeakerStatus(status, { ...status, version: "1.2.4" })).to.equal(false);
    const unrouted = speakerStatus([eth("eth0", 2, ["192.0.2.1/24"]), eth("eth1", 3, [])], OPTIONS);
    expect(sameSpeakerStatus(status, unrouted)).to.equal(false);
    expect(sameSpeakerStatus(status, undefined)).to.equal(false);
    const asked = speakerStatus([eth0, eth("eth1", 3, [])], { ...OPTIONS, proxy: "Unknown" });
    expect(asked).to.deep.equal({ ...status, proxy: "Unknown" });
    expect(sameSpeakerStatus(status, asked)).to.equal(false);
    expect(sameSpeakerStatus(asked, { ...status, proxy: "Healthy" })).to.equal(false);
    expect(sameSpeakerStatus(asked, { proxy: "Unknown", ...status })).to.equal(true);
    const lastTransitionTime = "2026-03-01T12:00:00Z";
    const condition = {
      type: "AnchorLost",
      status: "True",
      lastTransitionTime,
      reason: "R",
      message: "m",
    } as const;
    const troubled = speakerStatus([eth0, eth("eth1", 3, [])], { ...OPTIONS, conditions: [condition] });
    expect(troubled.conditions).to.deep.equal([condition]);
    expect(sameSpeakerStatus(status, troubled)).to.equal(false);
    expect(
      sameSpeakerStatus(troubled, { ...troubled, conditions: [{ ...condition, message: "n" }] }),
    ).to.equal(false);
  });
});
