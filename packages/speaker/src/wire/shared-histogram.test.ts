import { expect } from "chai";
import { HISTOGRAM_NUMBERS, SharedHistogram } from "./shared-histogram.ts";

function make() {
  const memory = new Float64Array(HISTOGRAM_NUMBERS);
  return { writer: new SharedHistogram(memory), reader: new SharedHistogram(memory) };
}

describe("SharedHistogram", () => {
  it("shows one thread what another observed, once, in its bucket and with its sum", () => {
    const { writer, reader } = make();
    writer.observe(410);
    writer.observe(490, 3);
    writer.observe(60_000);
    expect(reader.news()).to.deep.equal([
      { seconds: 0.47, times: 4 },
      { seconds: 60, times: 1 },
    ]);
    expect(reader.news()).to.deep.equal([]);
    writer.observe(420);
    expect(reader.news()).to.deep.equal([{ seconds: 0.42, times: 1 }]);
  });

  it("keeps what lies on a bound below it, however often it came", () => {
    const { writer, reader } = make();
    for (let i = 0; i < 7; i++) writer.observe(300.00000000000006 - 6e-14);
    const [{ seconds, times } = { seconds: 0, times: 0 }] = reader.news();
    expect([seconds <= 0.3, times]).to.deep.equal([true, 7]);
  });

  it("begins at nothing", () => {
    const { writer, reader } = make();
    writer.observe(0);
    expect(reader.news()).to.deep.equal([{ seconds: 0, times: 1 }]);
  });
});
