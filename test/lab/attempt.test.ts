import { expect } from "chai";
import { type Attempt, longestOutageMs, readWebAnswer, unanswered } from "./attempt.ts";

function good(startedAtMs: number): Attempt {
  return {
    ok: true,
    startedAtMs,
    elapsedMs: 1,
    status: 200,
    headers: {},
    body: "",
    localAddress: "",
    localPort: 0,
  };
}

function bad(startedAtMs: number, elapsedMs: number, reason = "timeout"): Attempt {
  return { ok: false, startedAtMs, elapsedMs, reason };
}

describe("attempts", () => {
  it("without an answer are told in few words", () => {
    expect(unanswered([good(0), good(10)])).to.deep.equal([]);
    expect(unanswered([bad(1500, 200), good(0), bad(1000, 200), bad(2000, 1, "ECONNREFUSED")])).to.deep.equal(
      ["2 timeout 00:00:01.000 to 00:00:01.500", "1 ECONNREFUSED 00:00:02.000 to 00:00:02.000"],
    );
  });

  it("have no outage when all succeed", () => {
    expect(longestOutageMs([good(0), good(10)])).to.equal(0);
  });

  it("have an outage from the first failure to the next success, by their starts", () => {
    expect(longestOutageMs([good(0), bad(10, 200), bad(20, 200), good(90), bad(100, 5), good(110)])).to.equal(
      80,
    );
  });

  it("have an outage that lasts to the end if nothing succeeds after it", () => {
    expect(longestOutageMs([good(0), bad(10, 200)])).to.equal(200);
  });

  it("are ordered by their starts, not by their ends", () => {
    expect(longestOutageMs([good(90), bad(10, 200), good(0)])).to.equal(80);
  });
});

describe("the test pod's answer", () => {
  it("is read in both families", () => {
    expect(readWebAnswer("pod a\nnode n\nclient 192.0.2.1:80\n")).to.deep.equal({
      pod: "a",
      node: "n",
      clientAddress: "192.0.2.1",
      clientPort: 80,
    });
    expect(readWebAnswer("pod a\nnode -\nclient [2001:db8::1]:8\n").clientAddress).to.equal("2001:db8::1");
  });

  it("is not confused with another server's", () => {
    expect(() => readWebAnswer("<html>")).to.throw('not an answer of the lab\'s test pod: "<html>"');
  });
});
