import { settled } from "../e2e/support/audit.ts";
import { advertisement, type Manifest, pool, TEST_LABEL, web } from "../e2e/support/objects.ts";
import { apply, virtualIPs } from "../e2e/support/steps.ts";
import type { Lab } from "../lab/lab.ts";

/** What the Services of benchmarks get their addresses of: 8,190 that are routed nowhere and answered on the nodes' segment. */
export const ADDRESSES = "10.200.0.0/19";

const VIRTUAL_IPS = "/apis/fairlead.dev/v1beta1/virtualips";

/** Label on the Services of a crowd; its value is the crowd's name. */
export const CROWD_LABEL = "fairlead-bench";

/** Makes a pool of {@link ADDRESSES}, its advertisement, web pods and more, and waits until they are there and all is quiet. */
export async function prepare(
  lab: Lab,
  options: { readonly releaseDelay?: string; readonly more?: readonly Manifest[] } = {},
): Promise<void> {
  const { releaseDelay = "0s", more = [] } = options;
  const spec = { addresses: [ADDRESSES], releaseDelay };
  const advertised = advertisement("bench", { interfaces: ["eth0"] });
  await apply(lab, pool("bench", spec), advertised, web("web", { probed: false }), ...more);
  await lab.kubectl(["rollout", "status", "deployment/web", "--timeout=60s"]);
  await settled(lab);
}

/** Removes all of it, the Services of crowds and the addresses that wait for them to come back; waits until no address is held. */
export async function clear(lab: Lab): Promise<void> {
  const all = ["-A", "--ignore-not-found"];
  const patience = { deadlineMs: 600_000 };
  for (const label of [CROWD_LABEL, TEST_LABEL])
    await lab.kubectl(["delete", "services,deployments", "-l", label, ...all], patience);
  await lab.waitFor(
    "no VirtualIP is left",
    async (see) => {
      const held = (await virtualIPs(lab)).length;
      see(`${held} are`);
      if (held > 0) await lab.api.send("DELETE", VIRTUAL_IPS, { deadlineMs: 60_000 });
      return held === 0;
    },
    { ...patience, everyMs: 1000 },
  );
  await lab.kubectl(["delete", "l2advertisements,ipaddresspools", "-l", TEST_LABEL, "--ignore-not-found"]);
}
