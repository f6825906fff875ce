import { InterfaceWatch } from "../interface-watch.ts";
import { PacketSocket } from "../packet-socket.ts";
import type { Command, Report } from "./agent.ts";

/** The program of an Agent: does what its parent asks, tells what it sees, ends with the channel. */

let socket: PacketSocket | undefined;
const watch = new InterfaceWatch({
  onChange: (interfaces) => tell({ tell: "interfaces", interfaces }),
  onError: (error) => tell({ tell: "error", errno: error.errno }),
});

process.on("message", (command: Command) => tell({ tell: "answer", value: obey(command) }));
process.on("disconnect", () => {
  socket?.close();
  watch.stop();
});
tell({ tell: "ready" });

function tell(report: Report): void {
  process.send?.(report);
}

function obey(command: Command): number {
  switch (command.do) {
    case "open":
      return open(command);
    case "send":
      return send(command.frame, command.times);
    case "setFilter":
      return socket?.setFilter(command.filter) ?? -1;
    case "join":
      return socket?.joinMulticast(command.mac) ?? -1;
    case "leave":
      return socket?.leaveMulticast(command.mac) ?? -1;
    case "frames":
      return socket?.framesReceived ?? -1;
    case "drops":
      return socket?.kernelDrops ?? -1;
    case "lastError":
      return socket?.lastError ?? -1;
    case "watch":
      watch.start();
      return 0;
    case "stopWatch":
      watch.stop();
      return 0;
    case "overruns":
      return watch.overruns;
    case "close":
      socket?.close();
      return 0;
  }
}

function open(command: Command & { do: "open" }): number {
  const opened = PacketSocket.open({
    ...command,
    onFrame: (buffer, length, packetType) =>
      tell({ tell: "frame", frame: buffer.slice(0, length), packetType }),
    onError: (errno) => tell({ tell: "error", errno }),
  });
  socket = opened.ok ? opened.value : undefined;
  return opened.ok ? 0 : opened.error.errno;
}

function send(frame: Uint8Array, times: number): number {
  for (let i = 0; i < times; i++) {
    const errno = socket?.send(frame) ?? -1;
    if (errno !== 0) return errno;
  }
  return 0;
}
