import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { ContextNotFound, loadKubeConfig } from "./kube-config.ts";

const CONFIG = {
  apiVersion: "v1",
  kind: "Config",
  clusters: ["one", "two"].map((name) => ({ name, cluster: { server: `https://${name}.example:6443` } })),
  users: [{ name: "ada", user: { token: "t" } }],
  contexts: ["one", "two"].map((name) => ({ name, context: { cluster: name, user: "ada" } })),
  "current-context": "one",
};

describe("a kubeconfig that is named", () => {
  let folder = "";
  let file = "";
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "fairlead-"));
    file = join(folder, "config");
    writeFileSync(file, JSON.stringify(CONFIG));
  });
  after(() => rmSync(folder, { recursive: true }));

  it("leads to the cluster of its current context, or of the one that is named", () => {
    const server = (context?: string): string | undefined =>
      loadKubeConfig({ file, context }).getCurrentCluster()?.server;
    expect(server()).to.equal("https://one.example:6443");
    expect(server("two")).to.equal("https://two.example:6443");
  });

  it("is refused with the contexts that it has if it lacks the one that is named", () => {
    expect(() => loadKubeConfig({ file, context: "three" })).to.throw(
      ContextNotFound,
      'the kubeconfig has no context "three"; write one of one, two',
    );
  });
});
