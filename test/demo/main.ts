import { resolve } from "node:path";
import { INSTALL_COMMANDS, INSTALL_DEADLINE_MS, loadFairlead } from "../install/fairlead.ts";
import { readWebAnswer } from "../lab/attempt.ts";
import { Lab } from "../lab/lab.ts";
import { Story } from "./story.ts";

const NAME = "demo";
const CLIENT = "client-1";
const examples = resolve(import.meta.dirname, "../../docs/examples");
/** Paths in the shown commands are as someone in the repository's root would type them. */
const fromRoot = (path: string): string => path.replace(`${resolve(import.meta.dirname, "../..")}/`, "");

const story = new Story();
process.exit(
  await tell().then(
    () => 0,
    (error: unknown) => {
      console.error(`\nThe demo failed: ${error instanceof Error ? error.message : error}`);
      return 1;
    },
  ),
);

async function tell(): Promise<void> {
  const ci = process.env.CI === "true";
  const lab = await raise(ci);
  try {
    await install(lab);
    const address = await serve(lab);
    const holder = await reach(lab, address);
    await drain(lab, address, holder);
  } catch (error) {
    if (ci) await lab.down();
    else
      story.say(`\nThe cluster keeps running for a look at it; take it down with: make lab-down LAB=${NAME}`);
    throw error;
  }
  if (ci) await lab.down();
  else lookAround(lab);
}

async function raise(ci: boolean): Promise<Lab> {
  story.chapter("A cluster of three nodes, and a client on their LAN");
  const lab = await Lab.up({
    name: NAME,
    nodes: 3,
    clients: 1,
    lifetime: ci ? "process" : "detached",
    ifExists: "replace",
    report: (line) => story.output(line),
  });
  await story.kubectl(lab, "get", "nodes", "-o", "wide");
  return lab;
}

async function install(lab: Lab): Promise<void> {
  story.chapter("Fairlead is installed, as anybody would");
  story.say(
    "  Its image is loaded onto the nodes, since this cluster has no registry; then the manifests are applied.",
  );
  await loadFairlead(lab);
  for (const command of INSTALL_COMMANDS) {
    story.command(`kubectl ${command.map(fromRoot).join(" ")}`);
    story.output(await lab.kubectl(command, { deadlineMs: INSTALL_DEADLINE_MS }));
  }
  await story.kubectl(lab, "-n", "fairlead-system", "get", "pods", "-o", "wide");
}

async function serve(lab: Lab): Promise<string> {
  story.chapter("A pool of addresses, and a Service that wants one");
  for (const file of ["pool.yaml", "web.yaml"]) {
    story.command(`kubectl apply -f docs/examples/${file}`);
    story.output(await lab.kubectl(["apply", "-f", `${examples}/${file}`]));
  }
  await story.kubectl(lab, "rollout", "status", "deployment/web", "--timeout=120s");
  await story.kubectl(lab, "wait", "service/web", "--for=condition=fairlead.dev/Allocated", "--timeout=30s");
  await story.kubectl(lab, "get", "service", "web");
  const address = await lab.kubectl([
    "get",
    "service",
    "web",
    "-o",
    "jsonpath={.status.loadBalancer.ingress[0].ip}",
  ]);
  story.hold(address !== "", `the Service has the address ${address}`);
  await story.kubectl(lab, "wait", `vip/${address}`, "--for=condition=Announced", "--timeout=30s");
  await story.kubectl(lab, "get", "vip");
  return address;
}

async function reach(lab: Lab, address: string): Promise<string> {
  story.chapter("The client asks the LAN for that address, and fetches the page");
  story.say("  The client's ARP table before, and after it has asked:");
  await story.on(lab, CLIENT, "ip", "-4", "neigh", "show", "dev", "eth0");
  await fetchPage(lab, address);
  await story.on(lab, CLIENT, "ip", "-4", "neigh", "show", "dev", "eth0");
  const holder = await nodeBehind(lab, address);
  story.hold(holder !== undefined, `${address} is at the MAC of ${holder}, whose speaker answered`);
  const pods = await everyPod(lab, address);
  story.hold(
    pods.size === 3,
    `the page came from each of the ${pods.size} pods: ${[...pods].sort().join(", ")}`,
  );
  return holder ?? "";
}

async function drain(lab: Lab, address: string, holder: string): Promise<void> {
  story.chapter(`${holder} is drained, and the page is still served`);
  await story.kubectl(lab, "drain", holder, "--ignore-daemonsets", "--timeout=60s");
  const next = await lab.waitFor(`another node than ${holder} answers for ${address}`, async (see) => {
    await lab.flushNeighbors(CLIENT, address);
    const attempt = await lab.fetch(CLIENT, `http://${address}/`);
    const node = await nodeBehind(lab, address);
    see({ node, attempt });
    return attempt.ok && node !== undefined && node !== holder && node;
  });
  await fetchPage(lab, address);
  await story.on(lab, CLIENT, "ip", "-4", "neigh", "show", "dev", "eth0");
  await story.kubectl(lab, "get", "vip");
  story.hold(true, `${address} has moved from ${holder} to ${next}, and the page is served from there`);
  await story.kubectl(lab, "uncordon", holder);
}

async function fetchPage(lab: Lab, address: string): Promise<void> {
  story.command(`[on ${CLIENT}] GET http://${address}/`);
  const attempt = await lab.fetch(CLIENT, `http://${address}/`, { timeoutMs: 5000 });
  story.output(attempt.ok ? attempt.body : attempt.reason);
  story.hold(attempt.ok && attempt.status === 200, `the page arrives through ${address}`);
}

/** The node whose MAC the client has for the address. */
async function nodeBehind(lab: Lab, address: string): Promise<string | undefined> {
  const entry = (await lab.neighbors(CLIENT)).find((one) => one.address === address);
  return lab.nodeNames.find((node) => lab.member(node).cables.some(({ mac }) => mac === entry?.mac));
}

/** The names of the pods that answer; kube-proxy picks one for each connection. */
async function everyPod(lab: Lab, address: string): Promise<ReadonlySet<string>> {
  const pods = new Set<string>();
  for (let i = 0; i < 60 && pods.size < 3; i++) {
    const attempt = await lab.fetch(CLIENT, `http://${address}/`);
    if (attempt.ok) pods.add(readWebAnswer(attempt.body).pod);
  }
  return pods;
}

function lookAround(lab: Lab): void {
  const client = lab.member(CLIENT).namespace;
  console.log(`
The cluster keeps running. Look around:
  alias k='node_modules/.bin/node test/lab/main.ts kubectl --name ${NAME} --'
  k get svc,vip,pods -o wide
  k describe vip
  k -n fairlead-system logs daemonset/fairlead-speaker
Reach the page from the client:
  ip netns exec ${client} curl http://VIRTUAL-IP/
Take it down:
  make lab-down LAB=${NAME}`);
}
