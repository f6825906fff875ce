import { expect } from "chai";
import { sourceFiles } from "./imports.ts";

/** What each package may import of the others. `runtime` is below all. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  runtime: [],
  net: [],
  api: ["net"],
  linux: ["net", "runtime"],
  takeover: ["net"],
  kube: ["api", "net", "runtime"],
  controller: ["api", "kube", "net", "runtime"],
  speaker: ["api", "kube", "linux", "net", "runtime", "takeover"],
  /** Of the controller only what it can do without a cluster: see PURE. */
  cli: ["api", "controller", "kube", "net", "runtime"],
};

/** Folders and files of pure code: values, decisions, codecs, machines. */
const PURE = [
  /^packages\/net\//,
  /^packages\/api\//,
  /^packages\/runtime\/src\/(backoff|log)\.ts$/,
  /^packages\/linux\/src\/(bpf|control-message|sockaddr|udp-protocol)\.ts$/,
  /^packages\/linux\/src\/netlink\//,
  /^packages\/kube\/src\/(path|prune|store)\.ts$/,
  /^packages\/controller\/src\/(allocation|placement)\//,
  /^packages\/controller\/src\/cluster\/(infrastructure|object-facts|virtual-ip-change)\.ts$/,
  /^packages\/controller\/src\/manager\.ts$/,
  /^packages\/controller\/src\/service\/(contested|ownership|status|waiting-since|writers)\.ts$/,
  /^packages\/controller\/src\/takeover-keys\/step\.ts$/,
  /^packages\/controller\/src\/virtual-ip\/(due|nowhere|pool-of-record|quarantine|takeover|wish)\.ts$/,
  /^packages\/cli\/src\/(count|exit-status|finding|printable)\.ts$/,
  /^packages\/cli\/src\/source\//,
  // The models of Kubernetes' own kinds come from its client.
  /^packages\/cli\/src\/schema\/(?!kubernetes-fields)/,
  /^packages\/cli\/src\/validate\/(?!command)/,
  /^packages\/cli\/src\/plan\/(?!command|read-cluster)/,
  /^packages\/cli\/src\/move\/(departures|report|whereabouts)\.ts$/,
  /^packages\/cli\/src\/why\/(explain|report)\.ts$/,
  /^packages\/takeover\//,
  /^packages\/speaker\/src\/announcements\//,
  /^packages\/speaker\/src\/layer2\/(ethernet|fifo|gratuitous|kernel-addresses|word-blocks|word-filter)\.ts$/,
  /^packages\/speaker\/src\/layer2\/(arp|echo)\//,
  /^packages\/speaker\/src\/layer2\/ndp\/(filter|groups|packet|responder|solicited-node|unsolicited)\.ts$/,
  /^packages\/speaker\/src\/quarantine\//,
  /^packages\/speaker\/src\/wire\/foreign-claims\.ts$/,
  /^packages\/speaker\/src\/control\/(announced-status|foreign-status|placed-address|proxy-health|speaker-status)\.ts$/,
];

/** Modules that bring a client, socket, file, timer or logger. */
const IMPURE_IMPORT =
  /^(node:(?!assert)|@kubernetes\/|winston|prom-client|yargs|@fairlead\/kube\/|@fairlead\/linux\/(?!src\/)(?!bpf|sockaddr|netlink)|@fairlead\/runtime\/(winston-log|metrics|http-endpoint|lifecycle|options))/;

/** Reaching for time, randomness or output instead of being given it. */
const IMPURE_CALL =
  /\b(setTimeout|setInterval|setImmediate|queueMicrotask|Date\.now|performance\.now|Math\.random|console\.\w+|process\.\w+)\b|\bnew Date\(\)/;

describe("the layers", () => {
  const files = sourceFiles();

  it("each package imports only those below it", () => {
    const wrong = files.flatMap((file) =>
      file.imports
        .filter(({ from }) => from.startsWith("@fairlead/"))
        .filter(({ from }) => !(MAY_IMPORT[file.pkg] ?? []).includes(from.split("/")[1] ?? ""))
        .map(({ from }) => `${file.path} imports ${from}`),
    );
    expect(wrong).to.deep.equal([]);
  });

  it("the command line tool takes of the controller only pure code", () => {
    const wrong = files
      .filter(({ pkg }) => pkg === "cli")
      .flatMap((file) =>
        file.imports
          .filter(({ from }) => from.startsWith("@fairlead/controller/"))
          .filter(({ from }) => {
            const path = from.replace("@fairlead/controller/", "packages/controller/src/");
            return !PURE.some((rule) => rule.test(path));
          })
          .map(({ from }) => `${file.path} imports ${from}`),
      );
    expect(wrong).to.deep.equal([]);
  });

  it("no package reaches into another by a relative path", () => {
    const wrong = files.flatMap((file) =>
      file.imports
        .filter(({ from }) => from.startsWith("packages/") && from.split("/")[1] !== file.pkg)
        .map(({ from }) => `${file.path} imports ${from}`),
    );
    expect(wrong).to.deep.equal([]);
  });

  it("pure code imports no client, socket, file, timer or logger", () => {
    const wrong = pureFiles().flatMap((file) =>
      file.imports
        .filter(({ from, typeOnly }) => !typeOnly && IMPURE_IMPORT.test(from))
        .map(({ from }) => `${file.path} imports ${from}`),
    );
    expect(wrong).to.deep.equal([]);
  });

  it("pure code is given time, randomness and output and does not reach for them", () => {
    const wrong = pureFiles().flatMap((file) => {
      const found = IMPURE_CALL.exec(withoutComments(file.text))?.[0];
      return found === undefined ? [] : [`${file.path} uses ${found}`];
    });
    expect(wrong).to.deep.equal([]);
  });

  it("every rule about pure code still speaks of a file that exists", () => {
    const idle = PURE.filter((rule) => !files.some(({ path }) => rule.test(path)));
    expect(idle.map(String)).to.deep.equal([]);
  });

  function pureFiles(): typeof files {
    return files.filter(({ path }) => PURE.some((rule) => rule.test(path)));
  }
});

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, "").replaceAll(/^\s*\/\/.*$/gm, "");
}
