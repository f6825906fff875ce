import { expect } from "chai";
import { parseOptions } from "./options.ts";
import { VERSION } from "./version.ts";

const SPECS = {
  logLevel: {
    type: "string",
    describe: "what is logged",
    choices: ["error", "warn", "info", "debug"],
    default: "info",
  },
  port: { type: "number", describe: "port of metrics and health", default: 7951, least: 0, most: 65535 },
  nodeName: {
    type: "string",
    describe: "the name of the node this runs on",
    required: true,
    variable: "NODE_NAME",
  },
  dryRun: { type: "boolean", describe: "decide, but write nothing", default: false },
  kubeconfig: { type: "string", describe: "path of a kubeconfig; in a pod none is needed" },
} as const;

function parse(argv: string[], env: Record<string, string> = { NODE_NAME: "n1" }) {
  return parseOptions("fairlead-test", SPECS, argv, env);
}

describe("options", () => {
  it("have their defaults", () => {
    expect(parse([])).to.deep.equal({
      ok: true,
      value: { logLevel: "info", port: 7951, nodeName: "n1", dryRun: false, kubeconfig: undefined },
    });
  });

  it("are read from flags first, then from FAIRLEAD_ variables, then from the other variable", () => {
    const env = { FAIRLEAD_NODE_NAME: "n2", NODE_NAME: "n1", FAIRLEAD_PORT: "1", FAIRLEAD_DRY_RUN: "true" };
    const parsed = parse(["--port=2", "--log-level", "debug"], env);
    expect(parsed.ok && parsed.value).to.deep.include({
      logLevel: "debug",
      port: 2,
      nodeName: "n2",
      dryRun: true,
    });
  });

  it("take an empty variable for an absent one", () => {
    const parsed = parse([], { NODE_NAME: "n1", FAIRLEAD_PORT: "" });
    expect(parsed.ok && parsed.value.port).to.equal(7951);
  });

  const faults: readonly [string[], Record<string, string>, RegExp][] = [
    [["--unknown"], {}, /^fairlead-test: Unknown argument: unknown; see fairlead-test --help$/],
    [["stray"], {}, /^fairlead-test: Unknown argument: stray/],
    [["--port"], {}, /^fairlead-test: Not enough arguments following: port/],
    [["--port=http"], {}, /^fairlead-test: --port is "http"; write a whole number from 0 to 65535$/],
    [["--port=70000"], {}, /--port is "70000"; write a whole number from 0 to 65535$/],
    [["--port=1", "--port=2"], {}, /--port is given 2 times; give it once$/],
    [["--log-level=loud"], {}, /--log-level is "loud"; write one of error, warn, info, debug$/],
    [[], { FAIRLEAD_DRY_RUN: "perhaps" }, /FAIRLEAD_DRY_RUN is "perhaps"; write true or false$/],
  ];
  for (const [argv, env, text] of faults) {
    it(`${[...argv, ...Object.entries(env).map((pair) => pair.join("="))].join(" ")} exits with 2 and one sentence`, () => {
      const parsed = parse(argv, { NODE_NAME: "n1", ...env });
      expect(parsed.ok).to.equal(false);
      if (!parsed.ok) {
        expect(parsed.error.status).to.equal(2);
        expect(parsed.error.text).to.match(text);
        expect(parsed.error.text).not.to.include("\n");
      }
    });
  }

  it("a missing one says what it is", () => {
    const parsed = parse([], {});
    expect(!parsed.ok && parsed.error.text).to.equal(
      "fairlead-test: --node-name is missing; it is the name of the node this runs on",
    );
  });

  it("--help lists every flag with its meaning and default, and exits with 0", () => {
    const parsed = parse(["--help"], {});
    expect(parsed.ok).to.equal(false);
    if (!parsed.ok) {
      expect(parsed.error.status).to.equal(0);
      for (const word of ["--log-level", "--node-name", "default: 7951", "error, warn, info, debug"]) {
        expect(parsed.error.text).to.include(word);
      }
    }
  });

  it("--version prints the version", () => {
    expect(parse(["--version"], {})).to.deep.equal({ ok: false, error: { status: 0, text: VERSION } });
  });
});
