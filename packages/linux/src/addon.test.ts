import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { expect } from "chai";
import { type Addon, loadAddon, READABLE, WRITABLE } from "./addon.ts";
import { EAGAIN, EBADF, EINPROGRESS, EINVAL } from "./errno.ts";
import { AF_INET, intOption, SOCK_DGRAM, SOCK_STREAM, SOL_SOCKET } from "./sockaddr.ts";

const IPPROTO_IP = 0;
const IP_RECVTTL = 12;
const IP_TTL = 2;
const SO_GET_FILTER = 26;
const ENOPROTOOPT = 92;
const ECONNREFUSED = 111;
const EBUSY = 16;
const EDESTADDRREQ = 89;

describe("the addon", () => {
  let addon: Addon;
  const open: number[] = [];

  before(() => {
    addon = loadAddon();
  });

  afterEach(() => {
    for (const fd of open.splice(0)) addon.close(fd);
  });

  it("says where it looked and how to build it when it is not there", () => {
    expect(() => loadAddon("/nowhere/fairlead_linux.node")).to.throw(/not at \/nowhere.*build\.ts/);
  });

  it("is the same for a second load in the same thread", () => {
    expect(loadAddon()).to.equal(addon);
  });

  describe("datagrams", () => {
    it("go from one socket to another, with the sender's address", () => {
      const { sender, receiver, at } = datagramPair();
      const data = new Uint8Array(16);
      const from = new Uint8Array(16);
      expect(addon.recv(receiver, data, from)).to.equal(-EAGAIN);
      expect(addon.send(sender, bytesOf("hello, world"), 5, at)).to.equal(5);
      expect(addon.recv(receiver, data, from)).to.equal(5);
      expect(Buffer.from(data).toString("latin1", 0, 5)).to.equal("hello");
      expect([...from.subarray(0, 2)]).to.deep.equal([AF_INET, 0]);
      expect([...from.subarray(4, 8)]).to.deep.equal([127, 0, 0, 1]);
    });

    it("are cut to the size of the array", () => {
      const { sender, receiver, at } = datagramPair();
      addon.send(sender, bytesOf("hello"), 5, at);
      const data = new Uint8Array(8);
      expect(addon.recv(receiver, data.subarray(0, 3))).to.equal(3);
      expect(Buffer.from(data).toString("latin1")).to.equal("hel\0\0\0\0\0");
    });

    it("come with control messages and flags", () => {
      const { sender, receiver, at } = datagramPair();
      addon.setsockopt(receiver, IPPROTO_IP, IP_RECVTTL, intOption(1));
      addon.setsockopt(sender, IPPROTO_IP, IP_TTL, intOption(255));
      addon.send(sender, bytesOf("hello"), 5, at);
      const [data, from, control] = [new Uint8Array(4), new Uint8Array(28), new Uint8Array(64)];
      const info = new Int32Array(3);
      expect(addon.recvmsg(receiver, data, from, control, info)).to.equal(4);
      const MSG_TRUNC = 0x20;
      expect([...info]).to.deep.equal([16, 24, MSG_TRUNC]);
      // cmsghdr: length (8 bytes), level, type; then the TTL
      expect([...new Int32Array(control.buffer, 0, 5)]).to.deep.equal([20, 0, IPPROTO_IP, IP_TTL, 255]);
    });

    it("wake up a poll until it ends", async () => {
      const { sender, receiver, at } = datagramPair();
      const data = new Uint8Array(16);
      let wakeUps = 0;
      await new Promise<void>((resolve) => {
        addon.poll(receiver, READABLE, (events) => {
          expect(events).to.equal(READABLE);
          addon.recv(receiver, data);
          wakeUps++;
          if (wakeUps === 3) resolve();
          addon.send(sender, data, 1, at);
        });
        addon.send(sender, data, 1, at);
      });
      expect(addon.unpoll(receiver)).to.equal(0);
      expect(addon.unpoll(receiver)).to.equal(0);
      addon.send(sender, data, 1, at);
      await turns(5);
      expect(wakeUps).to.equal(3);
    });

    it("wake up only the callback that was set last", async () => {
      const { sender, receiver, at } = datagramPair();
      const called: string[] = [];
      expect(addon.poll(receiver, READABLE, () => called.push("first"))).to.equal(0);
      expect(addon.poll(receiver, READABLE, () => called.push("second") && addon.unpoll(receiver))).to.equal(
        0,
      );
      addon.send(sender, new Uint8Array(1), 1, at);
      await turns(5);
      expect(called).to.deep.equal(["second"]);
    });

    it("may be closed in the callback that they woke up", async () => {
      const { sender, receiver, at } = datagramPair();
      addon.send(sender, new Uint8Array(1), 1, at);
      const closed = await new Promise<number>((resolve) => {
        addon.poll(receiver, READABLE, () => resolve(addon.close(receiver)));
      });
      expect(closed).to.equal(0);
      expect(addon.recv(receiver, new Uint8Array(1))).to.equal(-EBADF);
    });
  });

  describe("connections", () => {
    it("that are refused tell the reason to the poll", async () => {
      const { at } = boundSocket(SOCK_STREAM);
      const fd = socket(SOCK_STREAM);
      expect(addon.connect(fd, at)).to.equal(-EINPROGRESS);
      const events = await new Promise<number>((resolve) => {
        addon.poll(fd, WRITABLE, (ready) => {
          addon.unpoll(fd);
          resolve(ready);
        });
      });
      expect(events).to.equal(-ECONNREFUSED);
    });

    it("can be handed to a net.Socket, which then owns the descriptor", async () => {
      const { fd: listener, at } = boundSocket(SOCK_STREAM);
      expect(addon.listen(listener, 8)).to.equal(0);
      const fd = addon.socket(AF_INET, SOCK_STREAM, 0);
      expect(addon.connect(fd, at)).to.equal(-EINPROGRESS);
      await new Promise<void>((resolve) => {
        addon.poll(fd, WRITABLE, () => resolve());
      });
      expect(addon.release(fd)).to.equal(-EBUSY);
      addon.unpoll(fd);
      expect(addon.release(fd)).to.equal(fd);
      expect(addon.close(fd)).to.equal(-EBADF);
      const stream = new Socket({ fd });
      await new Promise((resolve) => stream.write("x", resolve));
      stream.destroy();
    });
  });

  describe("refuses", () => {
    it("descriptors that are not its own", () => {
      for (const fd of [-1, 0, 1, 2, 63, 64, 65, 1_000_000, 2 ** 31 - 1]) {
        expect(addon.close(fd), `close ${fd}`).to.equal(-EBADF);
        expect(
          addon.poll(fd, READABLE, () => {}),
          `poll ${fd}`,
        ).to.equal(-EBADF);
        expect(addon.recv(fd, new Uint8Array(1)), `recv ${fd}`).to.equal(-EBADF);
      }
    });

    it("a descriptor that was closed", () => {
      const fd = addon.socket(AF_INET, SOCK_DGRAM, 0);
      expect(addon.close(fd)).to.equal(0);
      expect(addon.close(fd)).to.equal(-EBADF);
    });

    it("a length outside the array", () => {
      const fd = socket(SOCK_DGRAM);
      for (const length of [-1, 5, 2 ** 31 - 1])
        expect(addon.send(fd, new Uint8Array(4), length), `${length}`).to.equal(-EINVAL);
      expect(addon.send(fd, new Uint8Array(4), 4)).to.equal(-EDESTADDRREQ);
    });

    it("addresses longer than any, and empty ones", () => {
      const fd = socket(SOCK_DGRAM);
      expect(addon.bind(fd, new Uint8Array(129))).to.equal(-EINVAL);
      expect(addon.bind(fd, new Uint8Array(0))).to.equal(-EINVAL);
      expect(addon.send(fd, new Uint8Array(4), 4, new Uint8Array(129))).to.equal(-EINVAL);
    });

    it("filters that are empty, cut off or too long", () => {
      const fd = socket(SOCK_DGRAM);
      for (const length of [0, 7, 12, 4097 * 8])
        expect(addon.attachFilter(fd, new Uint8Array(length)), `${length}`).to.equal(-EINVAL);
    });

    it("options whose value is not bytes but a pointer", () => {
      const fd = socket(SOCK_DGRAM);
      expect(addon.getsockopt(fd, SOL_SOCKET, SO_GET_FILTER, new Uint8Array(8))).to.equal(-ENOPROTOOPT);
      expect(addon.setsockopt(fd, SOL_SOCKET, SO_GET_FILTER, new Uint8Array(16))).to.equal(-ENOPROTOOPT);
    });

    it("an info array that is too short", () => {
      const fd = socket(SOCK_DGRAM);
      const empty = new Uint8Array(0);
      expect(addon.recvmsg(fd, empty, empty, empty, new Int32Array(2))).to.equal(-EINVAL);
    });

    it("polls for no event or an unknown one", () => {
      const fd = socket(SOCK_DGRAM);
      for (const events of [0, 16, -1]) expect(addon.poll(fd, events, () => {})).to.equal(-EINVAL);
    });

    it("arguments of a wrong type, naming them", () => {
      const call = (name: keyof Addon, ...values: unknown[]): unknown =>
        Reflect.apply(addon[name], addon, values);
      expect(() => call("socket", "2", 1, 0)).to.throw(
        TypeError,
        "socket: argument 1 must be a 32-bit integer",
      );
      for (const wrong of [1.5, Number.NaN, 2 ** 31, -(2 ** 31) - 1, 1n, null, undefined, {}])
        expect(() => call("close", wrong)).to.throw(TypeError, "close: argument 1");
      for (const wrong of [
        [1],
        "x",
        new ArrayBuffer(4),
        new Uint16Array(4),
        new DataView(new ArrayBuffer(4)),
      ])
        expect(() => call("recv", 0, wrong)).to.throw(TypeError, "recv: argument 2 must be a Uint8Array");
      expect(() => call("recvmsg", 0, bytesOf(""), bytesOf(""), bytesOf(""), bytesOf(""))).to.throw(
        "an Int32Array",
      );
      expect(() => call("poll", 0, 1, {})).to.throw(TypeError, "poll: argument 3 must be a function");
    });
  });

  it("answers any arguments with a number or a TypeError", function () {
    this.timeout(60_000);
    const program = fileURLToPath(new URL("./testing/fuzz-program.ts", import.meta.url));
    const command = [process.execPath, program, process.env.FAIRLEAD_FUZZ_CALLS ?? "5000"];
    const inNamespace = ["unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"];
    if (process.getuid?.() === 0) command.unshift(...inNamespace);
    // A fuzzed bind may well make a Unix socket, which is a file.
    const folder = mkdtempSync(join(tmpdir(), "fairlead-fuzz-"));
    const run = spawnSync(command[0] ?? "", command.slice(1), { cwd: folder, encoding: "utf8" });
    rmSync(folder, { recursive: true });
    const { status, signal, stderr } = run;
    expect({ status, signal, stderr }).to.deep.equal({ status: 0, signal: null, stderr: "" });
  });

  describe("in worker threads", function () {
    this.timeout(30_000);

    it("survives 50 workers that are terminated while their polls are busy, and leaves no descriptor open", async () => {
      const before = readdirSync("/proc/self/fd").length;
      for (let i = 0; i < 50; i++) await terminateBusyWorker();
      expect(readdirSync("/proc/self/fd").length).to.equal(before);
    });

    it("raises what a callback throws in that thread as an uncaught exception", async () => {
      const worker = new Worker(new URL("./testing/throwing-worker.ts", import.meta.url));
      const error = await new Promise((resolve) => worker.once("error", resolve));
      expect(error).to.have.property("message", "thrown in the callback");
    });

    it("lets a program exit while it polls", () => {
      const program = fileURLToPath(new URL("./testing/exiting-program.ts", import.meta.url));
      const run = spawnSync(process.execPath, [program], { encoding: "utf8" });
      expect(run).to.include({ status: 42, stderr: "" });
    });

    it("does not let one thread use a descriptor of another", async () => {
      const fd = socket(SOCK_DGRAM);
      const worker = new Worker(new URL("./testing/closing-worker.ts", import.meta.url), { workerData: fd });
      const result = await new Promise((resolve) => worker.once("message", resolve));
      await worker.terminate();
      expect(result).to.equal(-EBADF);
      expect(addon.send(fd, new Uint8Array(1), 1)).to.equal(-EDESTADDRREQ);
    });
  });

  async function terminateBusyWorker(): Promise<void> {
    const worker = new Worker(new URL("./testing/busy-worker.ts", import.meta.url));
    await new Promise((resolve, reject) => {
      worker.once("message", resolve);
      worker.once("error", reject);
    });
    await worker.terminate();
  }

  function socket(type: number): number {
    const fd = addon.socket(AF_INET, type, 0);
    expect(fd).to.be.greaterThan(2);
    open.push(fd);
    return fd;
  }

  function boundSocket(type: number): { fd: number; at: Uint8Array } {
    const fd = socket(type);
    const at = unusedAddress();
    expect(addon.bind(fd, at)).to.equal(0);
    return { fd, at };
  }

  function datagramPair(): { sender: number; receiver: number; at: Uint8Array } {
    const { fd: receiver, at } = boundSocket(SOCK_DGRAM);
    return { sender: socket(SOCK_DGRAM), receiver, at };
  }
});

let lastHost = 0;

/** A `sockaddr_in` (family, port, address) on the loopback that no other test uses. */
function unusedAddress(): Uint8Array {
  const host = ++lastHost;
  const pid = process.pid;
  return Uint8Array.of(AF_INET, 0, 0x9c, 0x40, 127, pid >> 8, pid, host, 0, 0, 0, 0, 0, 0, 0, 0);
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Lets the event loop go round. */
async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
}
