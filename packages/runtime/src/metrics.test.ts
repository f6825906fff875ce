import { expect } from "chai";
import { Metrics } from "./metrics.ts";

describe("metrics", () => {
  it("are told in the Prometheus text format, with the labels of the process", async () => {
    const metrics = new Metrics({ node: "n1" });
    metrics.counter("fairlead_test_frames_total", "Frames seen.", ["reason"]).inc({ reason: "short" }, 2);
    metrics.gauge("fairlead_test_vips", "Addresses held.", [], (gauge) => gauge.set(7));
    metrics.histogram("fairlead_test_delay_seconds", "Delays.", [0.1, 1]).observe(0.5);
    const text = await metrics.text();
    expect(metrics.contentType).to.match(/^text\/plain/);
    expect(text).to.include('fairlead_test_frames_total{reason="short",node="n1"} 2');
    expect(text).to.include('fairlead_test_vips{node="n1"} 7');
    expect(text).to.include('fairlead_test_delay_seconds_bucket{le="1",node="n1"} 1');
    expect(text).to.include("process_resident_memory_bytes");
  });

  it("take a histogram of what is measured elsewhere at each scrape, on top of what it was", async () => {
    const metrics = new Metrics();
    metrics.histogram("fairlead_test_seconds", "Delays.", [0.1, 1], [], (histogram) =>
      histogram.observe(0.5),
    );
    await metrics.text();
    expect(await metrics.text()).to.include('fairlead_test_seconds_bucket{le="1"} 2');
  });

  it("of two processes in one do not meet", async () => {
    new Metrics().counter("fairlead_test_total", "Here.");
    expect(await new Metrics().text()).not.to.include("fairlead_test_total");
  });
});
