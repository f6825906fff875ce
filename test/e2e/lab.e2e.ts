import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CoreV1Api, KubeConfig } from "@kubernetes/client-node";
import { expect } from "chai";
import { type Attempt, longestOutageMs, readWebAnswer, type WebAnswer } from "../lab/attempt.ts";
import { run } from "../lab/command.ts";
import { WEB_IMAGE } from "../lab/image-names.ts";
import { Lab } from "../lab/lab.ts";
import type { ProxyMode } from "../lab/options.ts";

const VIP4 = "198.51.100.200";
const VIP6 = "2001:db8:10::200";

const WEB = {
  apiVersion: "v1",
  kind: "List",
  items: [
    {
      apiVersion: "apps/v1",
      kind: "DaemonSet",
      metadata: { name: "web", namespace: "default" },
      spec: {
        selector: { matchLabels: { app: "web" } },
        template: {
          metadata: { labels: { app: "web" } },
          spec: {
            terminationGracePeriodSeconds: 1,
            containers: [
              {
                name: "web",
                image: WEB_IMAGE,
                imagePullPolicy: "IfNotPresent",
                env: [{ name: "NODE_NAME", valueFrom: { fieldRef: { fieldPath: "spec.nodeName" } } }],
                readinessProbe: { httpGet: { path: "/ready", port: 8080 }, periodSeconds: 1 },
              },
            ],
          },
        },
      },
    },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "web", namespace: "default" },
      spec: {
        type: "LoadBalancer",
        ipFamilyPolicy: "RequireDualStack",
        externalTrafficPolicy: "Local",
        selector: { app: "web" },
        ports: [
          { name: "http", port: 80, targetPort: 8080, protocol: "TCP" },
          { name: "echo", port: 80, targetPort: 8080, protocol: "UDP" },
        ],
      },
    },
  ],
};

/** Runs web pods, and writes the status that makes kube-proxy serve the Service's addresses. */
async function deployWeb(lab: Lab): Promise<void> {
  await lab.kubectl(["apply", "-f", "-"], { input: JSON.stringify(WEB) });
  await lab.kubectl(["rollout", "status", "daemonset/web", "--timeout=170s"], { deadlineMs: 180_000 });
  const ingress = [VIP4, VIP6].map((ip) => ({ ip, ipMode: "VIP" }));
  const { status, text } = await lab.api.send("PATCH", "/api/v1/namespaces/default/services/web/status", {
    body: { status: { loadBalancer: { ingress } } },
    contentType: "application/merge-patch+json",
  });
  expect(status, text).to.equal(200);
}

/** Makes a member (a client, or the router for those behind it) send the Service's addresses to a node. */
async function leadTo(lab: Lab, member: string, node: string): Promise<void> {
  const mac = lab.member(node).cables[0]?.mac ?? "";
  for (const address of [VIP4, VIP6]) await lab.setNeighbor(member, { address, mac });
}

/** The pod's answer. @throws Error if there was none. */
function answerOf(attempt: Attempt): WebAnswer {
  if (!attempt.ok) throw new Error(`no answer: ${attempt.reason}`);
  return readWebAnswer(attempt.body);
}

/** Every trace of a lab, found without the lab's own code. */
async function traces(name: string): Promise<string> {
  const script = [
    `find /sys/fs/cgroup -type d -path '*fairlead-lab/${name}*'`,
    `ip netns list | grep '^fl-${name}-' || true`,
    `grep -l 'fairlead-lab/${name}' /proc/[0-9]*/cgroup /proc/[0-9]*/mountinfo 2>/dev/null || true`,
    `ls -d /var/lib/fairlead-lab/${name}* 2>/dev/null || true`,
  ];
  return (await run(["/bin/sh", "-c", script.join("\n")])).stdout;
}

async function answered(lab: Lab, from: string, url: string): Promise<WebAnswer> {
  const look = async (see: (value: unknown) => void): Promise<WebAnswer | undefined> => {
    const attempt = await lab.fetch(from, url, { timeoutMs: 1000 });
    see(attempt);
    return attempt.ok ? answerOf(attempt) : undefined;
  };
  return lab.waitFor(`${url} answers ${from}`, look, { deadlineMs: 180_000 });
}

describe("a lab", function () {
  this.timeout(600_000);
  const name = `e2e-${process.pid}`;
  let lab: Lab;

  before("comes up in less than 30 s once built", async () => {
    lab = await Lab.up({ name, nodes: 3, clients: 1, outsideClients: 1, secondSegment: true });
    await deployWeb(lab);
    await leadTo(lab, "client-1", "node-1");
    await leadTo(lab, "router", "node-1");
  });

  after("leaves nothing behind", async () => {
    await lab.down();
    expect(Lab.leftovers(name)).to.deep.equal([]);
    expect(await traces(name)).to.equal("");
  });

  it("serves a Service's address in both families over TCP and UDP to a client on the segment", async () => {
    for (const address of [VIP4, VIP6]) {
      const host = address.includes(":") ? `[${address}]` : address;
      const answer = await answered(lab, "client-1", `http://${host}/`);
      expect(answer.node).to.equal("node-1");
      const client = lab.member("client-1").cables[0];
      expect(answer.clientAddress).to.be.oneOf([client?.ipv4, client?.ipv6]);
      expect(answerOf(await lab.udpAsk("client-1", address, 80)).pod).to.equal(answer.pod);
      expect((await lab.tcpConnect("client-1", address, 80)).ok).to.equal(true);
    }
  });

  it("shows a pod the address of a client behind the router", async () => {
    const answer = await answered(lab, "outside-1", `http://${VIP4}/`);
    expect(answer.clientAddress).to.equal("203.0.113.101");
  });

  it("routes between pods of different nodes, and from nodes to Services", async () => {
    const list = await lab.kubectl([
      "get",
      "pods",
      "-o",
      "jsonpath={range .items[*]}{.metadata.name} {.status.podIP}{'\\n'}{end}",
    ]);
    const pods = list
      .trim()
      .split("\n")
      .map((line) => line.split(" "));
    const seen = await lab.kubectl([
      "exec",
      pods[0]?.[0] ?? "",
      "--",
      "wget",
      "-qO-",
      `http://${pods[1]?.[1]}:8080/`,
    ]);
    expect(readWebAnswer(seen).clientAddress).to.equal(pods[0]?.[1]);
    const { code } = await lab.exec("node-2", ["curl", "-sk", "-m", "3", "https://10.96.0.1/healthz"]);
    expect(code).to.equal(0);
  });

  it("lets Node code on the host talk to the API server with its kubeconfig", async () => {
    const config = new KubeConfig();
    config.loadFromFile(lab.kubeconfig);
    const { items } = await config.makeApiClient(CoreV1Api).listNode();
    expect(items.map(({ metadata }) => metadata?.name)).to.deep.equal(lab.nodeNames);
  });

  it("records every request with its user in the audit log", () => {
    const lines = readFileSync(lab.auditLog, "utf8").trimEnd().split("\n");
    const users = new Set(
      lines.map((line) => (JSON.parse(line) as { user: { username: string } }).user.username),
    );
    expect([...users]).to.include.members(["kubernetes-admin", "system:node:node-1", "system:kube-proxy"]);
  });

  it("forbids a node what is another node's", async () => {
    const kubelet = ["kubectl", "--kubeconfig=/run/lab/kubelet.kubeconfig", "label", "node"];
    const own = await lab.exec("node-1", [...kubelet, "node-1", "a=b", "--overwrite"]);
    expect(own.code).to.equal(0);
    const other = await lab.exec("node-1", [...kubelet, "node-2", "a=b"], { accept: [1] });
    expect(other.stderr).to.match(/Forbidden.*system:node:node-1/);
  });

  it("captures frames, lists neighbors and asks for addresses on the wire", async () => {
    const capture = await lab.capture("client-1", "arp");
    await lab.flushNeighbors("client-1", "198.51.100.11");
    const replies = await lab.arping("client-1", "198.51.100.11");
    expect(replies).to.deep.equal([{ mac: lab.member("node-1").cables[0]?.mac }]);
    expect(await lab.arping("client-1", "198.51.100.250")).to.deep.equal([]);
    expect(await lab.ndisc("client-1", "2001:db8:10::11")).to.deep.equal(replies);
    expect(await lab.ndisc("client-1", "2001:db8:10::250")).to.deep.equal([]);
    const reply = await capture.frame("an ARP reply", ({ bytes }) => bytes[21] === 2);
    expect(reply.timeUs / 1000).to.be.closeTo(Date.now(), 10_000);
    expect((await capture.stop()).length).to.be.greaterThan(2);
    const entry = (await lab.neighbors("client-1")).find(({ address }) => address === VIP4);
    expect(entry?.state).to.equal("PERMANENT");
  });

  it("pulls a cable and plugs it in again", async () => {
    const carrier = async (): Promise<string> =>
      (await lab.exec("node-1", ["cat", "/proc/net/dev"])).code === 0
        ? (await lab.exec("node-1", ["ip", "-br", "link", "show", "eth1"])).stdout
        : "";
    await lab.cutCable("node-1", "eth1");
    expect(await carrier()).to.contain("NO-CARRIER");
    await lab.plugCable("node-1", "eth1");
    expect(await carrier()).to.contain("LOWER_UP");
    await lab.removeInterface("node-1", "eth1");
    await lab.restoreInterface("node-1", "eth1");
    expect((await lab.exec("client-1", ["ping", "-c", "1", "-W", "2", "192.0.2.11"])).code).to.equal(0);
  });

  it("parts members, drops a share of the frames, and heals", async () => {
    const node2 = "198.51.100.12";
    const ping = async (count: number): Promise<number> => {
      const argv = ["ping", "-c", String(count), "-i", "0.01", "-W", "1", node2];
      const { stdout } = await lab.exec("client-1", argv, { accept: [0, 1] });
      return Number(/(\d+) received/.exec(stdout)?.[1]);
    };
    await lab.partition(["client-1"], ["node-2"]);
    expect(await ping(3)).to.equal(0);
    await lab.heal();
    // A question that was dropped meanwhile takes what waits for its answer with it.
    await lab.flushNeighbors("client-1", node2);
    expect(await ping(3)).to.equal(3);
    await lab.drop({ from: "node-2", to: "client-1", percent: 50, match: "ether type ip" });
    expect(await ping(200)).to.be.within(60, 140);
    await lab.heal();
  });

  it("freezes and thaws a program, a machine and a pod", async () => {
    await lab.freeze("control-plane", "kube-apiserver");
    expect(await lab.api.isReady()).to.equal(false);
    await lab.thaw("control-plane", "kube-apiserver");
    await lab.waitFor("the API server is ready", () => lab.api.isReady());
    const pods = await lab.kubectl(["get", "pods", "--field-selector=spec.nodeName=node-1", "-o", "name"]);
    const pod = `default/${pods.trim().replace("pod/", "")}`;
    expect((await lab.podProcesses(pod)).length).to.equal(2);
    const probing = await lab.probe(
      "client-1",
      { kind: "http", url: `http://${VIP4}/` },
      { everyMs: 50, timeoutMs: 500 },
    );
    await lab.freezePod(pod);
    await new Promise((resolve) => setTimeout(resolve, 700));
    await lab.thawPod(pod);
    await answered(lab, "client-1", `http://${VIP4}/`);
    const attempts = await probing.stop();
    expect(longestOutageMs(attempts)).to.be.within(100, 5000);
    await lab.freeze("node-3");
    await lab.thaw("node-3");
  });

  it("stops and starts the API server and etcd", async () => {
    await lab.stopApiServer();
    expect(await lab.api.isReady()).to.equal(false);
    expect((await lab.fetch("client-1", `http://${VIP4}/`)).ok).to.equal(true);
    await lab.startApiServer();
    await lab.stopEtcd();
    await lab.startEtcd();
    await lab.nodesReady();
  });

  it("kills a node, starts it again, and reboots it", async () => {
    await lab.kill("node-3");
    expect(
      (await lab.exec("client-1", ["ping", "-c", "1", "-W", "1", "198.51.100.13"], { accept: [1] })).code,
    ).to.equal(1);
    await lab.start("node-3");
    await leadTo(lab, "client-1", "node-3");
    expect((await answered(lab, "client-1", `http://${VIP4}/`)).node).to.equal("node-3");
    await lab.reboot("node-3", 100);
    expect((await answered(lab, "client-1", `http://[${VIP6}]/`)).node).to.equal("node-3");
    await lab.nodesReady();
  });

  it("adds a node that serves like the others", async () => {
    const added = await lab.addNode();
    expect(lab.nodeNames).to.include(added);
    await lab.kubectl(["rollout", "status", "daemonset/web", "--timeout=170s"], { deadlineMs: 180_000 });
    await leadTo(lab, "client-1", added);
    expect((await answered(lab, "client-1", `http://${VIP4}/`)).node).to.equal(added);
  });

  it("says what it waited for, what it saw last and where the logs are", async () => {
    const waited = lab.waitFor("the moon", (see) => see("a cloud"), { deadlineMs: 50 });
    const error = await waited.then(
      () => undefined,
      (thrown: Error) => thrown,
    );
    expect(error?.message).to.match(/^waited \d+ ms for: the moon; last seen: a cloud\n.*: (\S+)$/s);
    const file = /: (\S+)$/.exec(error?.message ?? "")?.[1] ?? "";
    expect(existsSync(file)).to.equal(true);
    rmSync(file);
  });
});

describe("two labs at once", function () {
  this.timeout(600_000);
  const modes: readonly ProxyMode[] = ["iptables", "nftables"];
  const nameOf = (mode: ProxyMode): string => `e2e-${process.pid}-${mode.slice(0, 3)}`;

  after(async () => {
    for (const mode of modes) await Lab.takeDown(nameOf(mode));
  });

  it("serve the same address in either mode of kube-proxy, and go down alone", async () => {
    const labs = await Promise.all(
      modes.map((proxyMode) => Lab.up({ name: nameOf(proxyMode), proxyMode, nodes: 1 })),
    );
    for (const lab of labs) {
      await deployWeb(lab);
      await leadTo(lab, "client-1", "node-1");
    }
    const [first, second] = labs;
    if (first === undefined || second === undefined) throw new Error("no labs");
    const one = await answered(first, "client-1", `http://${VIP4}/`);
    await first.down();
    expect(Lab.leftovers(first.name)).to.deep.equal([]);
    const other = await answered(second, "client-1", `http://${VIP4}/`);
    expect(other.pod).to.not.equal(one.pod);
    await second.down();
    expect(Lab.leftovers(second.name)).to.deep.equal([]);
  });
});

describe("a lab whose process ends", function () {
  this.timeout(300_000);
  const name = `e2e-${process.pid}-end`;
  const folder = mkdtempSync(join(tmpdir(), "lab-"));
  const script = join(folder, "up.mjs");

  before(() => {
    const lab = join(import.meta.dirname, "..", "lab", "lab.ts");
    const body = `await Lab.up({ name: "${name}", nodes: 1, report: (line) => console.log(line) });\nsetInterval(() => {}, 1000);\n`;
    writeFileSync(script, `import { Lab } from ${JSON.stringify(lab)};\n${body}`);
  });

  after(async () => {
    await Lab.takeDown(name);
    rmSync(folder, { recursive: true });
  });

  /** Brings the lab up in a process that gets `signal` once it has said `line`; resolves when it has ended. */
  function interrupted(line: RegExp, signal: NodeJS.Signals): Promise<string | null> {
    const child = spawn(process.execPath, [script], { stdio: ["ignore", "pipe", "inherit"] });
    child.stdout.on("data", (text: Buffer) => {
      if (line.test(text.toString())) child.kill(signal);
    });
    return new Promise((resolve) => child.on("exit", (_, endedBy) => resolve(endedBy)));
  }

  it("leaves nothing when interrupted half-way", async () => {
    for (const line of [/laying cables/, /starting the control plane/, /starting 1 nodes/]) {
      expect(await interrupted(line, "SIGINT")).to.equal("SIGINT");
      expect(await traces(name), String(line)).to.equal("");
    }
  });

  it("leaves nothing when asked to end while it runs", async () => {
    expect(await interrupted(/is up/, "SIGTERM")).to.equal("SIGTERM");
    expect(Lab.leftovers(name)).to.deep.equal([]);
  });

  it("is taken down by name after its process was killed", async () => {
    for (const line of [/laying cables/, /starting the control plane/, /is up/]) {
      await interrupted(line, "SIGKILL");
      expect(Lab.leftovers(name), String(line)).to.not.deep.equal([]);
      await Lab.takeDown(name);
      expect(Lab.leftovers(name), String(line)).to.deep.equal([]);
      expect(await traces(name), String(line)).to.equal("");
    }
  });

  it("is replaced by the next one of its name after its process was killed half-way", async () => {
    await interrupted(/starting 1 nodes/, "SIGKILL");
    const lab = await Lab.up({ name, nodes: 1 });
    await lab.down();
    expect(Lab.leftovers(name)).to.deep.equal([]);
  });
});
