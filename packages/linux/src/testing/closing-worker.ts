import { parentPort, workerData } from "node:worker_threads";
import { loadAddon } from "../addon.ts";

/** A thread that tries to close a descriptor of another thread and posts the result. */

parentPort?.postMessage(loadAddon().close(Number(workerData)));
