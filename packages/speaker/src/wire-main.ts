import { parentPort, workerData } from "node:worker_threads";
import { systemClock } from "@fairlead/runtime/clock.ts";
import { systemRandom } from "@fairlead/runtime/random.ts";
import type { WireStart } from "./wire/messages.ts";
import { startWire } from "./wire/start.ts";

const start: WireStart = workerData;
if (parentPort === null) throw new Error("the wire thread is started by the speaker, not by itself");
startWire(start, { channel: parentPort, clock: systemClock, random: systemRandom });
