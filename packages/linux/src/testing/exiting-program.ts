import { loadAddon, WRITABLE } from "../addon.ts";
import { AF_INET, SOCK_DGRAM } from "../sockaddr.ts";

/** A program that exits from a poll callback, with the poll open. */

const addon = loadAddon();
addon.poll(addon.socket(AF_INET, SOCK_DGRAM, 0), WRITABLE, () => process.exit(42));
