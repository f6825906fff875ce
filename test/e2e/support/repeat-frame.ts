import { assemble, drop } from "@fairlead/linux/bpf.ts";
import { errnoName } from "@fairlead/linux/errno.ts";
import { PacketSocket } from "@fairlead/linux/packet-socket.ts";

/**
 * A program that sends one Ethernet frame again and again until its standard input ends: `repeat-frame.ts INTERFACE-NUMBER EVERY-MS FRAME`,
 * the frame in hexadecimal.
 */

/** IEEE 802 local experimental: this socket only sends. */
const NOTHING = 0x88b5;

const [interfaceIndex = "0", everyMs = "1000", text = ""] = process.argv.slice(2);
const frame = Uint8Array.from(Buffer.from(text, "hex"));
const opened = PacketSocket.open({
  interfaceIndex: Number(interfaceIndex),
  protocol: NOTHING,
  filter: assemble([drop()]),
  onFrame: () => {},
  onError: () => {},
});
if (!opened.ok) throw opened.error;
const socket = opened.value;
const timer = setInterval(send, Number(everyMs));
process.stdin.on("end", () => {
  clearInterval(timer);
  socket.close();
});
process.stdin.resume();
send();

function send(): void {
  const errno = socket.send(frame);
  if (errno !== 0) throw new Error(`the frame was not sent: ${errnoName(errno)}`);
}
