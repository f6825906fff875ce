import { DRAIN_ANNOTATION, MOVE_PENDING, MOVE_TO_ANNOTATION } from "@fairlead/api/moves.ts";
import type { VirtualIP } from "@fairlead/api/virtual-ip.ts";
import { err as failed, ok } from "@fairlead/net/result.ts";
import { expect } from "chai";
import { run } from "../run.ts";
import { memoryFiles } from "../testing/files.ts";
import { MovingApi, placedVirtualIP } from "../testing/moving-api.ts";

const IP = "192.0.2.10";
const IPV6 = "2001:db8::10";
const IPV6_NAME = "2001-0db8-0000-0000-0000-0000-0000-0010";

interface Outcome {
  readonly status: number;
  readonly out: string;
  readonly err: string;
  /** When the program ended, ms after it began. */
  readonly endedMs: number;
}

/** Runs the program with these arguments, for a minute at most. */
async function fairlead(api: MovingApi, line: string): Promise<Outcome> {
  let out = "";
  let err = "";
  let endedMs = -1;
  const running = run(line.split(" "), {
    program: "fairlead",
    files: memoryFiles({}),
    cluster: async () => failed("nothing is planned"),
    connect: () => ok(api),
    clock: api.clock,
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
  }).finally(() => {
    endedMs = api.clock.nowMs();
  });
  await api.clock.advanceAsync(60_000);
  const status = await running;
  expect(api.stopped).to.equal(true);
  return { status, out, err, endedMs };
}

const at = (nodes: readonly string[], parts?: Parameters<typeof placedVirtualIP>[3]): VirtualIP =>
  placedVirtualIP(IP, IP, nodes, parts);
const wishing = (object: VirtualIP, node: string): VirtualIP => ({
  ...object,
  metadata: { ...object.metadata, annotations: { [MOVE_TO_ANNOTATION]: node } },
});

describe("fairlead move", () => {
  it("writes the wish and ends when the node answers under the decision that fulfills it", async () => {
    const api = new MovingApi([at(["a", "b"])]);
    api.later(1000, at(["b", "a"], { epoch: 2, announcers: [["a", 1]] }));
    api.later(2000, at(["b", "a"], { epoch: 2, announcers: [["b", 2]] }));
    const { endedMs, ...outcome } = await fairlead(api, `move ${IP} --to b`);
    expect(outcome).to.deep.equal({
      status: 0,
      out: `wrote ${MOVE_TO_ANNOTATION}: b to VirtualIP ${IP}\n${IP}: a -> b\n`,
      err: "",
    });
    expect(endedMs).to.be.within(2000, 2250);
    expect(api.patches).to.deep.equal([
      `virtualips/${IP} {"metadata":{"annotations":{"${MOVE_TO_ANNOTATION}":"b"}}}`,
    ]);
  });

  for (const spelling of [IPV6, "2001:DB8:0:0::10", IPV6_NAME])
    it(`takes ${spelling} for an address`, async () => {
      const api = new MovingApi([placedVirtualIP(IPV6_NAME, IPV6, ["a", "b"])]);
      api.later(100, placedVirtualIP(IPV6_NAME, IPV6, ["b", "a"], { epoch: 2 }));
      const { status, out } = await fairlead(api, `move ${spelling} --to b`);
      expect(status).to.equal(0);
      expect(out).to.contain(`\n${IPV6}: a -> b\n`);
    });

  it("says so if the node has it already, once the wish is taken off", async () => {
    const api = new MovingApi([at(["a", "b"])]);
    api.later(500, at(["a", "b"]));
    const { status, out, endedMs } = await fairlead(api, `move ${IP} --to a`);
    expect(status).to.equal(0);
    expect(out).to.contain(`\n${IP}: on a already\n`);
    expect(endedMs).to.be.within(500, 750);
  });

  it("is not taken in by an answer of the node under an older decision", async () => {
    const api = new MovingApi([at(["a", "b"], { epoch: 5, announcers: [["a", 5]] })]);
    api.later(100, at(["b", "a"], { epoch: 6, announcers: [["b", 4]] }));
    const { status, err } = await fairlead(api, `move ${IP} --to b`);
    expect(status).to.equal(2);
    expect(err).to.contain("it is placed there, but the node's speaker does not say yet that it answers");
  });

  const pending = {
    type: MOVE_PENDING,
    status: "True",
    reason: "NodeNotReady",
    message: "b is down.",
  } as const;
  const late: readonly [string, VirtualIP | undefined, string, string?][] = [
    [
      "the controller's reason",
      wishing(at(["a"], { conditions: [pending] }), "b"),
      "b is down.",
      "NodeNotReady",
    ],
    ["that the controller is silent", undefined, "the controller has not taken note of it yet"],
    [
      "that somebody else wants another node",
      wishing(at(["a"]), "c"),
      "it was asked for on node c meanwhile",
    ],
    ["that somebody took it back", at(["a"], { conditions: [pending] }), "what was asked for was taken back"],
    [
      "why the speaker does not answer",
      at(["b"], {
        epoch: 2,
        announcers: [],
        conditions: [{ type: "Announced", status: "False", reason: "NoCarrier", message: "b: no link" }],
      }),
      "b: no link",
      "NoCarrier",
    ],
  ];
  for (const [what, then, says, reason] of late)
    it(`ends with 2 when time is over, and says ${what}`, async () => {
      for (const output of ["text", "json"]) {
        const api = new MovingApi([at(["a", "b"])]);
        if (then !== undefined) api.later(100, then);
        const { status, out, err, endedMs } = await fairlead(
          api,
          `move ${IP} --to b --wait-seconds 3 -o ${output}`,
        );
        expect(status).to.equal(2);
        expect(endedMs).to.equal(3000);
        if (output === "text") {
          expect(err)
            .to.match(/^fairlead: 192\.0\.2\.10 is not on node b after 3 s: /)
            .and.to.contain(says);
          continue;
        }
        const { waiting, ...rest } = JSON.parse(out);
        expect(rest).to.deep.equal({ done: false, node: "b", moves: [] });
        expect(waiting).to.have.length(1);
        expect(waiting[0].address).to.equal(IP);
        expect(waiting[0].reason).to.equal(reason);
        expect(waiting[0].message).to.contain(says);
        expect(err).to.equal("");
      }
    });

  it("-o json writes JSON alone", async () => {
    const api = new MovingApi([at(["a", "b"])]);
    api.later(100, at(["b", "a"], { epoch: 2 }));
    const { out } = await fairlead(api, `move ${IP} --to b -o json`);
    expect(JSON.parse(out)).to.deep.equal({
      done: true,
      node: "b",
      moves: [{ address: IP, from: ["a"], to: ["b"] }],
      waiting: [],
    });
  });

  it("looks once with --wait-seconds 0", async () => {
    const { status, endedMs } = await fairlead(
      new MovingApi([at(["a"])]),
      `move ${IP} --to b --wait-seconds 0`,
    );
    expect({ status, endedMs }).to.deep.equal({ status: 2, endedMs: 0 });
  });

  it("prints nothing that a terminal obeys", async () => {
    const message = "\u001b[2Jgone";
    const api = new MovingApi([at(["a"])]);
    api.later(100, wishing(at(["a"], { conditions: [{ ...pending, message }] }), "b"));
    const { err } = await fairlead(api, `move ${IP} --to b`);
    expect(err).to.contain("\\u001b[2Jgone").and.not.to.contain("\u001b");
  });

  const refusals: readonly [string, number, string][] = [
    ["GET virtualips", 403, "cannot get virtualips.fairlead.dev: forbidden; give ada this right by RBAC"],
    ["PATCH virtualips", 403, "cannot patch virtualips.fairlead.dev: forbidden; give ada this right by RBAC"],
    ["GET virtualips", 404, "cannot get virtualips.fairlead.dev: the API server does not know this kind"],
  ];
  for (const [request, status, says] of refusals)
    it(`ends with 1 if ${request} is refused with ${status}`, async () => {
      const api = new MovingApi([at(["a"])]);
      api.refused.set(request, status);
      const outcome = await fairlead(api, `move ${IP} --to b`);
      expect(outcome.status).to.equal(1);
      expect(outcome.err).to.contain(`fairlead: ${says}`);
      expect(api.patches).to.deep.equal([]);
    });

  it("ends with 1 if nobody holds the address", async () => {
    const { status, err } = await fairlead(new MovingApi([at(["a"])]), "move 192.0.2.11 --to b");
    expect(status).to.equal(1);
    expect(err).to.equal(
      "fairlead: there is no VirtualIP of 192.0.2.11, so nobody holds it; see kubectl get vip\n",
    );
  });
});

describe("fairlead drain", () => {
  const one = (
    index: number,
    ...rest: Parameters<typeof placedVirtualIP> extends [string, string, ...infer R] ? R : never
  ) => placedVirtualIP(`192.0.2.${index}`, `192.0.2.${index}`, ...rest);

  it("marks the node and tells each address once when it has left, until none is there", async () => {
    const api = new MovingApi([one(1, ["a", "b"]), one(2, ["a", "b"]), one(3, ["b", "a"])], ["a", "b"]);
    api.later(
      300,
      one(1, ["b", "a"], {
        epoch: 2,
        announcers: [
          ["a", 1],
          ["b", 2],
        ],
      }),
    );
    api.later(600, one(1, ["b", "a"], { epoch: 2 }));
    api.later(1200, one(2, ["c", "a"], { epoch: 2 }));
    const { endedMs, ...outcome } = await fairlead(api, "drain a");
    expect(outcome).to.deep.equal({
      status: 0,
      out: [
        `wrote ${DRAIN_ANNOTATION}: true to Speaker a`,
        "192.0.2.1: a -> b",
        "192.0.2.2: a -> c",
        "no address is on a",
        "",
      ].join("\n"),
      err: "",
    });
    expect(endedMs).to.be.within(1200, 1450);
    expect(api.patches).to.deep.equal([
      `speakers/a {"metadata":{"annotations":{"${DRAIN_ANNOTATION}":"true"}}}`,
    ]);
  });

  it("says that nobody answers for what lives nowhere then", async () => {
    const api = new MovingApi([one(1, ["a"])], ["a"]);
    api.later(300, one(1, [], { epoch: 2, announcers: [] }));
    expect((await fairlead(api, "drain a")).out).to.contain("\n192.0.2.1: a -> nobody\n");
  });

  it("waits for an address that the node answers for though it is placed elsewhere", async () => {
    const api = new MovingApi([one(1, ["b", "a"], { epoch: 2, announcers: [["a", 1]] })], ["a"]);
    const { status, err } = await fairlead(api, "drain a --wait-seconds 2");
    expect(status).to.equal(2);
    expect(err).to.equal(
      "fairlead: 192.0.2.1 is still on node a after 2 s: it is placed on node b, but the speaker of node a still says that it answers; see kubectl describe vip 192.0.2.1\n",
    );
  });

  it("ends with 2 when time is over, and says what is left", async () => {
    const api = new MovingApi([one(1, ["a"]), one(2, ["a", "b"])], ["a"]);
    api.later(300, one(2, ["b", "a"], { epoch: 2 }));
    const { status, out, endedMs } = await fairlead(api, "drain a -o json");
    expect({ status, endedMs }).to.deep.equal({ status: 2, endedMs: 10_000 });
    const { waiting, ...rest } = JSON.parse(out);
    expect(rest).to.deep.equal({
      done: false,
      node: "a",
      moves: [{ address: "192.0.2.2", from: ["a"], to: ["b"] }],
    });
    expect(waiting).to.have.length(1);
    expect(waiting[0].address).to.equal("192.0.2.1");
    expect(waiting[0].message).to.contain("no other node may have it");
  });

  it("--undo takes the mark off and waits for nothing", async () => {
    const api = new MovingApi([one(1, ["a"])], ["a"]);
    await fairlead(api, "drain a --wait-seconds 0");
    expect(api.annotations("speakers/a")).to.deep.equal({ [DRAIN_ANNOTATION]: "true" });
    const before = api.clock.nowMs();
    const { status, out, endedMs } = await fairlead(api, "drain a --undo");
    expect({ status, endedMs }).to.deep.equal({ status: 0, endedMs: before });
    expect(api.annotations("speakers/a")).to.deep.equal({});
    expect(out).to.equal(
      `took ${DRAIN_ANNOTATION} off Speaker a; addresses do not come back by themselves\n`,
    );
    expect(JSON.parse((await fairlead(api, "drain a --undo -o json")).out)).to.include({ done: true });
  });

  it("ends with 1 if there is no such Speaker, or it may not be written", async () => {
    const api = new MovingApi([], ["a"]);
    const unknown = await fairlead(api, "drain x");
    expect(unknown.status).to.equal(1);
    expect(unknown.err).to.contain("there is no Speaker x").and.to.contain("kubectl get speaker");
    api.refused.set("PATCH speakers", 403);
    const { status, err } = await fairlead(api, "drain a");
    expect(status).to.equal(1);
    expect(err).to.contain("cannot patch speakers.fairlead.dev: forbidden");
  });
});
