import type { Secret } from "@fairlead/api/core/secret.ts";
import { MOVE_TO_ANNOTATION } from "@fairlead/api/moves.ts";
import { readTakeoverKeys, TAKEOVER_SECRET } from "@fairlead/api/takeover-keys.ts";
import { expect } from "chai";
import { NAMESPACE } from "../../install/fairlead.ts";
import { installedPods, leaderPod } from "../../install/pods.ts";
import type { Lab } from "../../lab/lab.ts";
import { advertisement, pool, service, web } from "./objects.ts";
import { type Right, rightText } from "./rights.ts";
import { address, announcer, apply, condition, merge, paths, speakers, virtualIPs } from "./steps.ts";

/** What the rounds share: addresses and nodes that they may not disturb. */
export interface Stage {
  readonly lab: Lab;
  /** The nodes that do not hold the address that must go on being answered. */
  readonly others: readonly [string, string];
}

/** Rights that can be missing at the same time, because none is needed for another to be missed. */
export interface Round {
  readonly name: string;
  readonly lacks: (right: Right) => boolean;
  /** Makes what is used up below, while all rights are there. */
  readonly prepare?: (stage: Stage) => Promise<void>;
  /** Has each of the rights be used. */
  readonly provoke: (stage: Stage) => Promise<void>;
  /** Waits until what could not be done is done, once the rights are back. */
  readonly made: (stage: Stage) => Promise<void>;
}

const LEASE = `/apis/coordination.k8s.io/v1/namespaces/${NAMESPACE}/leases/fairlead-controller`;

const KEYS = `/api/v1/namespaces/${NAMESPACE}/secrets/${TAKEOVER_SECRET}`;

const oneOf =
  (...texts: readonly string[]) =>
  (right: Right): boolean =>
    texts.includes(rightText(right));

/** What runs goes on with the watches it has, so pods are deleted: what comes in their place begins anew. */
async function replacePods({ lab, others: [node] }: Stage): Promise<void> {
  const pods = await installedPods(lab);
  const doomed = pods.filter((pod) => pod.name.startsWith("fairlead-controller") || pod.node === node);
  await lab.kubectl(["-n", NAMESPACE, "delete", "pod", ...doomed.map(({ name }) => name)]);
  await lab.waitFor("new pods have started in their place", async (see) => {
    const present = await installedPods(lab);
    see(present);
    return present.length === pods.length && present.every(({ ip }) => ip !== "");
  });
}

async function allReady({ lab }: Stage): Promise<void> {
  await lab.waitFor("all pods are ready", async (see) => {
    const pods = await installedPods(lab);
    see(pods);
    return pods.every(({ ready }) => ready);
  });
}

const LISTS: Round = {
  name: "to list",
  lacks: ({ verb }) => verb === "list",
  provoke: replacePods,
  made: allReady,
};

const WATCHES: Round = {
  name: "to watch",
  lacks: ({ verb }) => verb === "watch",
  provoke: replacePods,
  made: allReady,
};

const WRITES: Round = {
  name: "to write what was decided and seen",
  lacks: oneOf(
    "controller get services",
    "controller get leases",
    "controller get secrets",
    "controller create virtualips",
    "controller update virtualips",
    "controller delete virtualips",
    "controller patch services/status",
    "controller patch l2advertisements/status",
    "controller patch virtualips/status",
    "speaker get nodes",
    "speaker patch speakers",
    "speaker patch virtualips/status",
  ),
  async prepare({ lab }) {
    await apply(lab, web("moved", { replicas: 1 }), service("moved", { app: "moved" }));
    await apply(lab, service("deleted"), service("unwanted"), service("wiped"));
    await apply(lab, service("nowhere", { app: "nobody" }));
    for (const name of ["moved", "deleted", "unwanted", "wiped"]) await announced(lab, name);
    await told(lab, "nowhere", "NoEndpoints");
  },
  async provoke({ lab, others: [one, other] }) {
    const wiped = await address(lab, "wiped");
    await apply(lab, service("created"));
    await apply(lab, advertisement("extra", { ipAddressPools: ["lan"] }));
    await lab.kubectl(["delete", "service", "deleted"]);
    await lab.kubectl(["patch", "service", "unwanted", "-p", '{"spec":{"type":"ClusterIP"}}']);
    await lab.kubectl(["scale", "deployment", "moved", "--replicas=0"]);
    await merge(lab, `${paths.virtualIP(await address(lab, "nowhere"))}/status`, { status: null });
    await merge(lab, `${paths.virtualIP(wiped)}/status`, { status: null });
    await merge(lab, `${paths.service("wiped")}/status`, {
      status: { loadBalancer: null, conditions: null },
    });
    await lab.api.send("DELETE", paths.speaker(one));
    await merge(lab, paths.speaker(other), { status: { version: "0" } });
  },
  async made({ lab, others: [one, other] }) {
    for (const name of ["created", "wiped"]) await announced(lab, name);
    for (const name of ["moved", "nowhere"]) await told(lab, name, "NoEndpoints");
    await condition(lab, paths.advertisement("extra"), { type: "Ready", status: "True" });
    await lab.waitFor("addresses that are not wanted any more are free", async (see) => {
      const held = (await virtualIPs(lab)).flatMap(({ spec }) => spec.services);
      see(held);
      return !held.includes("default/deleted") && !held.includes("default/unwanted");
    });
    await lab.waitFor("both Speaker objects are true again", async (see) => {
      const found = (await speakers(lab)).filter(({ metadata }) => [one, other].includes(metadata.name));
      see(found);
      return found.length === 2 && found.every(({ status }) => status?.version !== "0");
    });
  },
};

/** Apart from the others, because an address that cannot be given is counted as used for as long as that is tried. */
const COUNTING: Round = {
  name: "to say what is used of a pool, and to mend the keys of the speakers",
  lacks: oneOf("controller patch ipaddresspools/status", "controller update secrets"),
  async provoke({ lab }) {
    await apply(lab, pool("extra", { addresses: ["198.51.100.250"], autoAssign: false }));
    await merge(lab, KEYS, { data: { currentId: null } });
  },
  async made({ lab }) {
    await condition(lab, paths.pool("extra"), { type: "Ready", status: "True" });
    await keysAreThere(lab);
  },
};

/** Apart from the others, because only one who leads and may read the keys finds them missing. */
const KEEPING: Round = {
  name: "to make the keys of the speakers",
  lacks: oneOf("controller create secrets"),
  async provoke({ lab }) {
    await lab.api.send("DELETE", KEYS);
  },
  async made({ lab }) {
    await keysAreThere(lab);
  },
};

/** The controller looks at them three times a minute, more seldom after failures. */
async function keysAreThere(lab: Lab): Promise<void> {
  await lab.waitFor(
    "the keys of the speakers are there",
    async (see) => {
      const { status, text } = await lab.api.send("GET", KEYS);
      see(status);
      const { data = {} } = JSON.parse(text) as Pick<Secret, "data">;
      return status === 200 && readTakeoverKeys(data ?? {}).ok;
    },
    { deadlineMs: 60_000 },
  );
}

/** The VirtualIP of the Service "stuck" stays when it is deleted, so that the next holder's cannot be created. */
const TELLING: Round = {
  name: "to lead, to tell, and to look who was faster",
  lacks: oneOf(
    "controller create events",
    "controller create leases",
    "controller update leases",
    "controller get virtualips",
    "speaker create events",
    "speaker create speakers",
  ),
  async prepare({ lab }) {
    await apply(lab, service("stuck", { annotations: { "fairlead.dev/loadBalancerIPs": STUCK } }));
    await announced(lab, "stuck");
    await merge(lab, paths.virtualIP(STUCK), { metadata: { finalizers: ["example.com/stuck"] } });
    await lab.kubectl(["delete", "service", "stuck"]);
    await lab.waitFor("its VirtualIP is being deleted", async () => {
      const found = (await virtualIPs(lab)).find(({ metadata }) => metadata.name === STUCK);
      return found?.metadata.deletionTimestamp !== undefined;
    });
  },
  async provoke({ lab, others: [node, other] }) {
    await apply(lab, service("told"));
    await apply(lab, service("next", { annotations: { "fairlead.dev/loadBalancerIPs": STUCK } }));
    const ip = await announced(lab, "told");
    // A speaker has an Event to tell only of an address that comes from another node.
    const from = await announcer(lab, ip);
    const to = from === other ? node : other;
    await merge(lab, paths.virtualIP(ip), { metadata: { annotations: { [MOVE_TO_ANNOTATION]: to } } });
    await announcer(lab, ip, from);
    await lab.api.send("DELETE", paths.speaker(node));
    await lab.api.send("DELETE", LEASE);
  },
  async made({ lab, others: [node, other] }) {
    await lab.waitFor("somebody leads", () => leaderPod(lab));
    await merge(lab, paths.virtualIP(STUCK), { metadata: { finalizers: null } });
    await announced(lab, "next");
    await lab.waitFor("the Speaker object is there", async () =>
      (await speakers(lab)).some(({ metadata }) => metadata.name === node),
    );
    // The node whose Speaker object has just come back gets nothing new for a while.
    const preference = { matchLabels: { "kubernetes.io/hostname": other } };
    await apply(lab, advertisement("prefer", { preferredNodeSelectors: [{ weight: 100, preference }] }));
    await apply(lab, service("told-after"));
    await movedFrom(lab, other, await announced(lab, "told-after"));
    await lab.kubectl(["delete", "l2adv", "prefer"]);
  },
};

/** A speaker tells of an address that comes from another node; the Service's own Event says that there is a new one. */
async function movedFrom(lab: Lab, node: string, ip: string): Promise<void> {
  expect(await announcer(lab, ip)).to.equal(node);
  await lab.kubectl(["cordon", node]);
  try {
    await lab.waitFor("there are Events of both programs", async (see) => {
      const path = "/apis/events.k8s.io/v1/namespaces/default/events";
      const { items } = await lab.api.get<{ items: readonly TheEvent[] }>(path);
      const told = items
        .filter(({ regarding: { name } }) => name === ip || name === "told-after")
        .map(({ reportingController }) => reportingController);
      see(told);
      return told.includes("fairlead.dev/controller") && told.includes("fairlead.dev/speaker");
    });
  } finally {
    await lab.kubectl(["uncordon", node]);
  }
}

const STUCK = "198.51.100.239";

interface TheEvent {
  readonly reportingController: string;
  readonly regarding: { readonly name: string };
}

/** Between them, every right is missing once. */
export const ROUNDS: readonly Round[] = [LISTS, WATCHES, WRITES, COUNTING, KEEPING, TELLING];

async function announced(lab: Lab, name: string): Promise<string> {
  const ip = await address(lab, name);
  await announcer(lab, ip);
  return ip;
}

async function told(lab: Lab, name: string, reason: string): Promise<void> {
  const path = paths.virtualIP(await address(lab, name));
  await condition(lab, path, { type: "Announced", status: "False", reason });
}
