import { advertisement, pool, service, web } from "../e2e/support/objects.ts";
import { address, announcer, apply } from "../e2e/support/steps.ts";
import { installFairlead } from "../install/fairlead.ts";
import { Lab } from "../lab/lab.ts";
import { measureArp } from "./arp.ts";
import { measureBurst, removeBurst } from "./burst.ts";
import { measureMemory } from "./memory.ts";
import { tableText } from "./table.ts";

/** Runs all benchmarks one after the other in one fresh lab and prints their figures. */

const SERVICES = 500;

const lab = await Lab.up({ name: "bench", nodes: 3, clients: 1, ifExists: "replace", report: console.log });
try {
  await installFairlead(lab);
  const ranges = ["198.51.100.200-198.51.100.250", "2001:db8:10::200-2001:db8:10::250", "10.200.0.0/20"];
  await apply(
    lab,
    pool("bench", { addresses: ranges }),
    advertisement("bench", { interfaces: ["eth0"] }),
    web(),
    service("one"),
  );
  await lab.kubectl(["rollout", "status", "deployment/web", "--timeout=60s"]);
  const ip = await address(lab, "one");
  const node = await announcer(lab, ip);
  console.log(tableText("memory with 1 Service, MiB", await measureMemory(lab)));
  console.log(tableText("ARP: from request to reply, µs, 1 ms apart", await measureArp(lab, ip, node)));
  console.log(tableText(`${SERVICES} Services created at once`, await measureBurst(lab, SERVICES)));
  console.log(tableText(`memory with ${SERVICES + 1} Services, MiB`, await measureMemory(lab)));
  console.log(tableText(`ARP with ${SERVICES + 1} virtual IPs`, await measureArp(lab, ip, node)));
  await removeBurst(lab);
} finally {
  await lab.down();
}
