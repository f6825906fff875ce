import { loadAddon } from "../addon.ts";
import { InterfaceWatch } from "../interface-watch.ts";
import { PacketSocket } from "../packet-socket.ts";
import {
  AF_INET,
  AF_INET6,
  IP_TTL,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPV6_UNICAST_HOPS,
  inetAddress,
  intOption,
  SOCK_DGRAM,
} from "../sockaddr.ts";
import { UdpSocket } from "../udp-socket.ts";
import type { Command, Report } from "./agent.ts";

/** The program of an Agent: does what its parent asks, tells what it sees, ends with the channel. */

let socket: PacketSocket | undefined;
let udpSocket: UdpSocket | undefined;
const watch = new InterfaceWatch({
  onChange: (interfaces) => tell({ tell: "interfaces", interfaces }),
  onError: (error) => tell({ tell: "error", errno: error.errno }),
});

process.on("message", (command: Command) => tell({ tell: "answer", value: obey(command) }));
process.on("disconnect", () => {
  socket?.close();
  udpSocket?.close();
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
      return repeat(command.times, () => socket?.send(command.frame));
    case "setFilter":
      return socket?.setFilter(command.filter) ?? -1;
    case "join":
      return socket?.joinMulticast(command.mac) ?? -1;
    case "leave":
      return socket?.leaveMulticast(command.mac) ?? -1;
    case "openUdp":
      return openUdp(command);
    case "sendUdp":
      return repeat(command.times, () => udpSocket?.send(command.to, command.data));
    case "sendWithHops":
      return sendWithHops(command);
    case "udpDrops":
      return udpSocket?.kernelDrops ?? -1;
    case "closeUdp":
      udpSocket?.close();
      return 0;
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

function openUdp(command: Command & { do: "openUdp" }): number {
  const opened = UdpSocket.open({
    ...command,
    onDatagram: (buffer, length) => tell({ tell: "datagram", data: buffer.slice(0, length) }),
    onDrop: (reason) => tell({ tell: "udpDrop", reason }),
    onError: (errno) => tell({ tell: "error", errno }),
  });
  if (!opened.ok) return opened.error.errno;
  udpSocket = opened.value;
  return 0;
}

function sendWithHops({ hops, to, port, interfaceIndex, data }: Command & { do: "sendWithHops" }): number {
  const addon = loadAddon();
  const v4 = to.family === "IPv4";
  const fd = addon.socket(v4 ? AF_INET : AF_INET6, SOCK_DGRAM, 0);
  const [level, option] = v4 ? [IPPROTO_IP, IP_TTL] : [IPPROTO_IPV6, IPV6_UNICAST_HOPS];
  addon.setsockopt(fd, level, option, intOption(hops));
  const sent = addon.send(fd, data, data.length, inetAddress(to, port, interfaceIndex));
  addon.close(fd);
  return sent < 0 ? -sent : 0;
}

/** Does it so many times, or until it fails. */
function repeat(times: number, act: () => number | undefined): number {
  for (let i = 0; i < times; i++) {
    const errno = act() ?? -1;
    if (errno !== 0) return errno;
  }
  return 0;
}
