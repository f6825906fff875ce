import { loadAddon, WRITABLE } from "../addon.ts";
import { AF_INET, SOCK_DGRAM } from "../sockaddr.ts";

/** A thread whose poll callback throws. */

const addon = loadAddon();
addon.poll(addon.socket(AF_INET, SOCK_DGRAM, 0), WRITABLE, () => {
  throw new Error("thrown in the callback");
});
