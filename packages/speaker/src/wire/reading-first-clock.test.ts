import { createSocket } from "node:dgram";
import { once } from "node:events";
import { systemClock } from "@fairlead/runtime/clock.ts";
import { expect } from "chai";
import { ReadingFirstClock } from "./reading-first-clock.ts";

describe("ReadingFirstClock", () => {
  const clock = new ReadingFirstClock(systemClock);

  it("runs a timer after what arrived before it was due, though this thread had no turn meanwhile", async () => {
    const order: string[] = [];
    const [here, there] = [createSocket("udp4"), createSocket("udp4")];
    here.bind(0, "127.0.0.1");
    await once(here, "listening");
    here.on("message", () => order.push("message"));
    const done = new Promise<void>((resolve) => {
      clock.after(20, () => {
        order.push("timer");
        resolve();
      });
    });
    await new Promise((sent) => there.send("beat", here.address().port, "127.0.0.1", sent));
    const endMs = performance.now() + 60;
    while (performance.now() < endMs);
    await done;
    expect(order).to.deep.equal(["message", "timer"]);
    here.close();
    there.close();
  });

  it("does not run one that was canceled, also between its time and its turn", async () => {
    const order: string[] = [];
    const second = clock.after(0, () => order.push("second"));
    const first = systemClock.after(1, () => second.cancel());
    clock.after(20, () => first.cancel());
    second.cancel();
    await new Promise<void>((resolve) => clock.after(30, resolve));
    expect(order).to.deep.equal([]);
  });
});
