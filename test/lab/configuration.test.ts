import { expect } from "chai";
import { controlPlaneFlags } from "./control-plane.ts";
import { commandLine } from "./flags.ts";
import { nodeFlags } from "./node.ts";
import { cniConfiguration, containerdConfiguration, kubeletConfiguration } from "./node-configuration.ts";
import { certificateArguments, clusterIdentities, nodeIdentity } from "./pki.ts";
import { type Member, plan } from "./plan.ts";

const members = plan({ name: "x", nodeNumbers: [1], clients: 0, outsideClients: 0, secondSegment: false });

function find(name: string): Member {
  const found = members.find((member) => member.name === name);
  if (found === undefined) throw new Error(name);
  return found;
}

describe("the configuration of a lab's programs", () => {
  it("lets options overrule and add flags, of the program that they name", () => {
    const flags = { "kube-scheduler": { "leader-elect": "true", v: "4" } };
    expect(
      commandLine("kube-scheduler", { "leader-elect": "false", kubeconfig: "/k" }, { flags }),
    ).to.deep.equal(["/run/lab/bin/kube-scheduler", "--leader-elect=true", "--kubeconfig=/k", "--v=4"]);
    expect(commandLine("kubelet", { config: "/c" }, { flags })).to.deep.equal([
      "/run/lab/bin/kubelet",
      "--config=/c",
    ]);
  });

  it("has the API server authorize nodes for what is theirs, the rest by role", () => {
    expect(controlPlaneFlags("198.51.100.5")["kube-apiserver"]).to.include({
      "authorization-mode": "Node,RBAC",
      "enable-admission-plugins": "NodeRestriction",
      "service-cluster-ip-range": "10.96.0.0/16,fd00:10:96::/112",
    });
  });

  it("gives a node both its addresses", () => {
    expect(nodeFlags(find("node-1")).kubelet["node-ip"]).to.equal("198.51.100.11,2001:db8:10::11");
  });

  it("gives a kubelet a cgroup root of its own, and a pod an address of each family", () => {
    expect(kubeletConfiguration("/fairlead-lab/x/node-1")).to.include({
      cgroupRoot: "/fairlead-lab/x/node-1",
    });
    expect(JSON.stringify(cniConfiguration(find("node-1")))).to.contain(
      '"ranges":[[{"subnet":"10.244.1.0/24"}],[{"subnet":"fd00:10:244:1::/64"}]]',
    );
    expect(containerdConfiguration("/shims", "overlayfs")).to.contain('snapshotter = "overlayfs"');
  });

  it("names a kubelet as the Node authorizer wants it, and lets its certificate serve", () => {
    const identity = nodeIdentity(find("node-1"));
    expect(identity).to.deep.include({ commonName: "system:node:node-1", organization: "system:nodes" });
    const argv = certificateArguments("/pki", identity);
    expect(argv).to.include("/O=system:nodes/CN=system:node:node-1");
    expect(argv).to.include("extendedKeyUsage=clientAuth,serverAuth");
    expect(argv).to.include("subjectAltName=DNS:node-1,IP:198.51.100.11,IP:2001:db8:10::11");
  });

  it("lets the API server's certificate serve every name it is reached by", () => {
    const [server] = clusterIdentities(find("control-plane"));
    expect(server?.alternativeNames).to.include.members([
      "IP:127.0.0.1",
      "IP:10.96.0.1",
      "IP:198.51.100.5",
      "DNS:kubernetes.default.svc",
    ]);
  });
});
