import { parentPort, threadId } from "node:worker_threads";
import { loadAddon, READABLE } from "../addon.ts";
import { AF_INET, SOCK_DGRAM } from "../sockaddr.ts";

/** A thread with eight polled sockets that send one another datagrams without end; posts once it is at it. */

const addon = loadAddon();
const data = new Uint8Array(64);
let wakeUps = 0;

for (let i = 0; i < 8; i++) {
  const fd = addon.socket(AF_INET, SOCK_DGRAM, 0);
  const own = addressOf(i);
  const next = addressOf((i + 1) % 8);
  if (addon.bind(fd, own) !== 0) throw new Error("bind failed");
  addon.poll(fd, READABLE, () => {
    while (addon.recv(fd, data) >= 0) addon.send(fd, data, data.length, next);
    if (++wakeUps === 100) parentPort?.postMessage("busy");
  });
  addon.send(fd, data, data.length, own);
}

function addressOf(host: number): Uint8Array {
  const pid = process.pid;
  return Uint8Array.of(AF_INET, 0, 0x9c, threadId, 127, pid >> 8, pid, host + 1, 0, 0, 0, 0, 0, 0, 0, 0);
}
