import { createSocket } from "node:dgram";
import { isIPv6 } from "node:net";

/**
 * A program that sends one datagram again and again from one port until its standard input ends, and prints what comes back:
 * `repeat-datagram.ts ADDRESS PORT EVERY-MS`, a line of JSON for each reply.
 */

const [address = "", port = "0", everyMs = "1000"] = process.argv.slice(2);
// Not connected, so that no ICMP error ends the flow.
const socket = createSocket(isIPv6(address) ? "udp6" : "udp4");
socket.on("message", (message) => {
  const atMs = performance.timeOrigin + performance.now();
  process.stdout.write(`${JSON.stringify({ atMs, text: message.toString() })}\n`);
});
// A neighbor that does not answer is an error of this or a later datagram; the flow goes on.
socket.on("error", () => {});
const send = (): void => socket.send("hello", Number(port), address, () => {});
socket.bind(0, () => {
  send();
  const timer = setInterval(send, Number(everyMs));
  process.stdin.on("end", () => {
    clearInterval(timer);
    socket.close();
  });
  process.stdin.resume();
});
