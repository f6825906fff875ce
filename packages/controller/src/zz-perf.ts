import { World } from "./testing/allocation.ts";
import { pool, service } from "./testing/objects.ts";
import { addressOf } from "@fairlead/net/address.ts";
for (const [cidr, fam] of [["10.0.0.0/8", "IPv4"], ["2001:db8::/64", "IPv6"]] as const) for (const avoid of [false, true])
for (const n of [0, 1000, 10000, 100000]) {
  const world = new World(pool("a", [cidr], { avoidBuggyIPs: avoid }));
  const t0 = performance.now();
  const base = fam === "IPv4" ? 10n << 24n : 0x20010db8n << 96n;
  const m0 = process.memoryUsage().heapUsed;
  for (let i = 0; i < n; i++) world.ledger.record({ address: addressOf(fam, base + BigInt(i)), pool: "a", services: [`ns/s-${i}`], uid: `u${i}` });
  const t1 = performance.now();
  const m1 = process.memoryUsage().heapUsed;
  const k = 2000;
  for (let i = 0; i < k; i++) world.settle(service(`x/t-${i}`, { families: [fam] }));
  const t2 = performance.now();
  console.log(cidr, avoid, n, "build", (t1 - t0).toFixed(0), "ms; per allocation", ((t2 - t1) / k * 1000).toFixed(1), "us; bytes/held", n ? ((m1 - m0) / n).toFixed(0) : "");
  // fragmented: free random ones and allocate
  if (n >= 10000) { const t3 = performance.now(); for (let i = 0; i < 1000; i++) { const j = (i * 7919) % n; world.ledger.released(addressOf(fam, base + BigInt(j)), `u${j}`); world.settle(service(`y/t-${i}`, { families: [fam] })); } console.log("  churn", ((performance.now() - t3)).toFixed(1), "us each"); }
}
