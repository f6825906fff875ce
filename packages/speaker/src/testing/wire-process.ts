import { systemClock } from "@fairlead/runtime/clock.ts";
import { silentLog } from "@fairlead/runtime/log.ts";
import { WireThread } from "../control/wire-thread.ts";
import { WireCounts } from "../wire/counts.ts";
import type { WireReport, WireRequest } from "./wire-agent.ts";

/** The program of a WireAgent: a wire thread in a network namespace, obeying its parent. */

const [node = ""] = process.argv.slice(2);
const memory = WireCounts.memory();
const counts = new WireCounts(memory);
const wire = new WireThread({
  program: new URL("../wire-main.ts", import.meta.url),
  start: {
    node,
    excludedInterfaces: ["veth*"],
    refreshMs: 0,
    takeoverPort: 7950,
    nodePath: undefined,
    caretake: true,
    answerPing: true,
    memories: [],
    counts: memory,
  },
  clock: systemClock,
  log: { ...silentLog, warn: (event, fields) => tell({ tell: "warning", event, fields: fields ?? {} }) },
  onMessage: (message) => tell({ tell: "message", message }),
  onDeath: (reason) => tell({ tell: "death", reason }),
});

process.on("message", (request: WireRequest) => {
  if (request.ask === "update") wire.post({ type: "update", update: request.update });
  if (request.ask === "counts") tell({ tell: "counts", frames: [...counts.frames()] });
  if (request.ask === "stop") void wire.stop("Restart").then(() => tell({ tell: "stopped" }));
});
process.on("disconnect", () => process.exit());
wire.start();

function tell(report: WireReport): void {
  process.send?.(report);
}
