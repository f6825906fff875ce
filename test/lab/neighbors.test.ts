import { expect } from "chai";
import { readArping, readNdisc, readNeighbors } from "./neighbors.ts";

describe("what a client knows of its neighbors", () => {
  it("is read from ip", () => {
    const json = `[{"dst":"198.51.100.11","dev":"eth0","lladdr":"02:fa:1e:ad:00:0b","state":["REACHABLE"]},
      {"dst":"198.51.100.9","dev":"eth0","state":["FAILED"]}]`;
    expect(readNeighbors(json)).to.deep.equal([
      { address: "198.51.100.11", interface: "eth0", mac: "02:fa:1e:ad:00:0b", state: "REACHABLE" },
      { address: "198.51.100.9", interface: "eth0", mac: undefined, state: "FAILED" },
    ]);
    expect(readNeighbors("")).to.deep.equal([]);
  });

  it("is read from arping, every reply on its own", () => {
    const text = `ARPING 198.51.100.200 from 198.51.100.101 eth0
Unicast reply from 198.51.100.200 [02:FA:1E:AD:00:0B]  0.612ms
Unicast reply from 198.51.100.200 [02:FA:1E:AD:00:0C]  0.702ms
Sent 1 probes (1 broadcast(s))
Received 2 response(s)`;
    expect(readArping(text)).to.deep.equal([{ mac: "02:fa:1e:ad:00:0b" }, { mac: "02:fa:1e:ad:00:0c" }]);
  });

  it("is read from ndisc6", () => {
    expect(readNdisc("02:FA:1E:AD:00:0B\n2:FA:1E:AD:0:C\n")).to.deep.equal([
      { mac: "02:fa:1e:ad:00:0b" },
      { mac: "02:fa:1e:ad:00:0c" },
    ]);
    expect(readNdisc("")).to.deep.equal([]);
  });
});
