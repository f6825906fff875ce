import { API_VERSION } from "@fairlead/api/group.ts";
import { expect } from "chai";
import { fileOf, found } from "../testing/found.ts";
import { validate } from "./validate.ts";

const SPECS: Readonly<Record<string, string>> = {
  IPAddressPool: "spec: {addresses: [198.51.100.0/28]}",
  L2Advertisement: "spec: {}",
};

/** An object that is right but for its kind and version, which are in lines 1 and 2. */
const object = (apiVersion: string, kind: string, spec = SPECS.IPAddressPool): string =>
  `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: a}\n${spec}\n`;

const NEW_FORM = `write one IPAddressPool (${API_VERSION}) for each entry of address-pools, and an L2Advertisement for those with protocol: layer2`;
const OLD = "is MetalLB's configuration of before 0.13, which nothing reads any more";

describe("a kind and its version", () => {
  for (const kind of ["IPAddressPool", "L2Advertisement"]) {
    it(`${API_VERSION} ${kind} is ours`, () => {
      expect(found(object(API_VERSION, kind, SPECS[kind]))).to.deep.equal([]);
    });

    it(`metallb.io/v1beta1 ${kind} means the same, in its namespace`, () => {
      const text = object("metallb.io/v1beta1", kind, SPECS[kind]).replace(
        "{name: a}",
        "{name: a, namespace: x}",
      );
      expect(found(text)).to.deep.equal([
        `1:13 note: ${kind} "x/a", apiVersion, metallb.io/v1beta1 is MetalLB's ${kind}; it is checked as ${API_VERSION}, which means the same`,
      ]);
    });

    it(`metallb.io/v1alpha1 ${kind} is told`, () => {
      expect(found(object("metallb.io/v1alpha1", kind, SPECS[kind]))).to.deep.equal([
        `1:13 error: ${kind} "a", apiVersion, "metallb.io/v1alpha1" has no ${kind}; write ${API_VERSION}, or metallb.io/v1beta1 for MetalLB's`,
      ]);
    });

    for (const version of [
      "fairlead.io/v1beta1",
      "fairlead.dev/v1",
      "fairlead.dev/v1beta2",
      "fairlead/v1beta1",
      "failead.dev/v1beta1",
    ]) {
      it(`${version} ${kind} is told`, () => {
        expect(found(object(version, kind, SPECS[kind]))).to.deep.equal([
          `1:13 error: ${kind} "a", apiVersion, "${version}" has no ${kind}; write ${API_VERSION}`,
        ]);
      });
    }
  }

  for (const [kind, meant] of [
    ["IpAddressPool", "IPAddressPool"],
    ["IPAdressPool", "IPAddressPool"],
    ["IPAddressPools", "IPAddressPool"],
    ["ipaddresspool", "IPAddressPool"],
    ["L2Advertisment", "L2Advertisement"],
  ] as const) {
    it(`${kind} is told, and judged as ${meant}`, () => {
      expect(found(object("fairlead.dev/v1beta1", kind, SPECS[meant]))).to.deep.equal([
        `2:7 error: ${meant} "a", kind, there is no kind "${kind}"; did you mean ${meant}?`,
      ]);
      const bad = object("metallb.io/v1beta1", kind, "spec: {addresses: x, ipAddressPools: 7}");
      expect(found(bad)).to.have.length.greaterThan(3);
    });
  }

  it("is told if one of them is missing, and the object is judged as far as it is known", () => {
    const missing = "apiVersion is missing; write";
    expect(found(`kind: IPAddressPool\nmetadata: {name: a}\nspec: {addresses: []}\n`)).to.have.length(2);
    expect(found(`kind: IPAddressPool\nmetadata: {name: a}\n${SPECS.IPAddressPool}`)).to.deep.equal([
      `1:1 error: IPAddressPool "a", apiVersion, ${missing} ${API_VERSION}`,
    ]);
    expect(found("kind: Deployment\n")).to.deep.equal([
      `1:1 error: Deployment, apiVersion, ${missing} it above kind`,
    ]);
    expect(found("apiVersion: v1\n")).to.deep.equal([
      "1:1 error: object, kind, kind is missing; expected apiVersion, kind and metadata",
    ]);
  });

  it("of others is skipped and counted, whatever such objects hold", () => {
    const kinds = [
      ["apps/v1", "Deployment"],
      ["v1", "ConfigMap"],
      ["v1", "ConfigMap"],
      ["metallb.io/v1beta2", "BGPPeer"],
      ["metallb.io/v1beta1", "BGPAdvertisement"],
      ["metallb.io/v1beta1", "Community"],
      ["cilium.io/v2", "CiliumLoadBalancerIPPool"],
      ["crd.projectcalico.org/v1", "IPPool"],
      ["serving.knative.dev/v1", "Service"],
      ["purelb.io/v2", "ServiceGroup"],
    ];
    const texts = kinds.map(([version = "", kind = ""]) => object(version, kind, 'spec: {a: "{{ x }}"}'));
    const report = validate([fileOf(texts.join("---\n"))]);
    expect(report).to.deep.include({ findings: [], checked: 0 });
    expect([...report.skipped]).to.deep.equal([
      ["BGPAdvertisement", 1],
      ["BGPPeer", 1],
      ["CiliumLoadBalancerIPPool", 1],
      ["Community", 1],
      ["ConfigMap", 2],
      ["Deployment", 1],
      ["IPPool", 1],
      ["Service", 1],
      ["ServiceGroup", 1],
    ]);
  });

  it("may stand in a list of its own kind", () => {
    const list = (item: string): string =>
      `apiVersion: ${API_VERSION}\nkind: IPAddressPoolList\nitems:\n- metadata: {name: a}\n  ${item}\n`;
    expect(found(list(SPECS.IPAddressPool ?? ""))).to.deep.equal([]);
    expect(found(list("spec: {addresses: [x]}"))).to.have.length(1);
  });
});

describe("configuration of former times", () => {
  const cases: readonly [what: string, text: string, told: string][] = [
    [
      "AddressPool with protocol: layer2",
      object("metallb.io/v1beta1", "AddressPool", "spec: {protocol: layer2, addresses: [198.51.100.0/28]}"),
      `2:7 error: AddressPool "a", kind, AddressPool is a kind that MetalLB has not had since 0.13; write an IPAddressPool (${API_VERSION}) with the same addresses and autoAssign, and an L2Advertisement that names it`,
    ],
    [
      "AddressPool with protocol: bgp",
      object("metallb.io/v1alpha1", "AddressPool", "spec: {protocol: bgp}"),
      `2:7 error: AddressPool "a", kind, AddressPool is a kind that MetalLB has not had since 0.13; write an IPAddressPool (${API_VERSION}) with the same addresses and autoAssign; for protocol: bgp there is nothing yet`,
    ],
    [
      "the ConfigMap",
      "apiVersion: v1\nkind: ConfigMap\nmetadata: {namespace: metallb-system, name: config}\ndata:\n  config: |\n    address-pools:\n    - name: default\n      protocol: layer2\n      addresses: [198.51.100.0/28]\n",
      `5:3 error: ConfigMap "metallb-system/config", data.config, config ${OLD}; ${NEW_FORM}`,
    ],
    [
      "the ConfigMap with a comment, a document marker and wrong indentation in its text",
      "#!jinja\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: config}\ndata:\n  config: |\n    ---\n    # pools\n     address-pools:\n    - name: default\n",
      `6:3 error: ConfigMap "config", data.config, config ${OLD}; ${NEW_FORM}`,
    ],
    [
      "the text of the ConfigMap by itself",
      "# pools\naddress-pools:\n- name: default\n  protocol: layer2\n",
      `2:1 error: address-pools, this ${OLD}; ${NEW_FORM}`,
    ],
    [
      "Helm values",
      "configInline:\n  address-pools:\n  - name: default\n",
      `1:1 error: configInline, configInline (Helm values) ${OLD}; ${NEW_FORM}`,
    ],
    [
      "Helm values of a chart that has MetalLB in it",
      "image: x\nmetallb:\n  configInline:\n    address-pools: []\n",
      `3:3 error: metallb.configInline, configInline (Helm values) ${OLD}; ${NEW_FORM}`,
    ],
    [
      "kube-vip's ConfigMap",
      "apiVersion: v1\nkind: ConfigMap\nmetadata: {namespace: kube-system, name: kubevip}\ndata:\n  search-order: desc\n  range-global: 198.51.100.200-198.51.100.209\n",
      `6:3 error: ConfigMap "kube-system/kubevip", data.range-global, range-global is a pool of kube-vip's cloud provider, which Fairlead does not read; write an IPAddressPool (${API_VERSION}) with these addresses, and for a key that ends in a namespace, that namespace under serviceAllocation.namespaces`,
    ],
  ];
  for (const [what, text, told] of cases) {
    it(`is recognized: ${what}`, () => expect(found(text)).to.deep.equal([told]));
  }

  it("is told with line and column if its text is indented out of its block", () => {
    const text =
      "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: config}\ndata:\n  config: |\n    address-pools:\n   - name: default\n     protocol: layer2\n";
    expect(found(text)).to.have.length(1);
    expect(found(text)[0]).to.match(/^7:\d+ error: .*expected/);
  });
});

describe("a placeholder that was left in", () => {
  const RENDER = (text: string, tool = "helm template"): string =>
    `${JSON.stringify(text)} is a placeholder, not a value; render the file first, for example with ${tool}, and check the result`;
  const cases: readonly [what: string, text: string, told: string][] = [
    [
      "as a value",
      object(API_VERSION, "IPAddressPool", "spec:\n  addresses:\n    - {{ .Values.range }}"),
      `6:7 error: IPAddressPool "a", ${RENDER("{{ .Values.range }}")}`,
    ],
    [
      "in quotes",
      object(API_VERSION, "IPAddressPool", 'spec: {addresses: ["{{ .Values.range }}"]}'),
      `4:20 error: IPAddressPool "a", ${RENDER("{{ .Values.range }}")}`,
    ],
    [
      "as a line",
      object(
        API_VERSION,
        "IPAddressPool",
        "spec:\n  # {{ not this }}\n  {{- with .Values.x }}\n  addresses: []\n  {{- end }}",
      ),
      `6:3 error: ${RENDER("{{- with .Values.x }}")}`,
    ],
    [
      "of Jinja",
      object(API_VERSION, "IPAddressPool", "spec:\n{% if x %}\n  addresses: []"),
      `5:1 error: ${RENDER("{% if x %}")}`,
    ],
    [
      "of a shell",
      object(API_VERSION, "IPAddressPool", `spec: {addresses: ["\${RANGE}"]}`),
      `4:20 error: IPAddressPool "a", ${RENDER(`\${RANGE}`, "envsubst")}`,
    ],
    [
      "in the name",
      `${object(API_VERSION, "IPAddressPool")}`.replace("{name: a}", '{name: "{{ x }}"}'),
      `3:18 error: IPAddressPool "{{ x }}", ${RENDER("{{ x }}")}`,
    ],
    [
      "as the kind",
      object("v1", '"{{ .Values.kind }}"'),
      `2:7 error: {{ .Values.kind }} "a", ${RENDER("{{ .Values.kind }}")}`,
    ],
    ["as the document", "{{ include x }}\n", `1:1 error: object, ${RENDER("{{ include x }}")}`],
    [
      "in a Service",
      "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {type: LoadBalancer, loadBalancerIP: '{{ ip }}'}\n",
      `4:44 error: Service "a", ${RENDER("{{ ip }}")}`,
    ],
  ];
  for (const [what, text, told] of cases) {
    it(`is told with its line: ${what}`, () => {
      const other = object(API_VERSION, "IPAddressPool").replace("name: a", "name: b");
      expect(found(`${text}---\n${other}`)).to.deep.equal([told]);
    });
  }

  it("is nobody's business in an annotation of others", () => {
    const text =
      "apiVersion: v1\nkind: Service\nmetadata: {name: a, annotations: {x/y: '{{ z }}'}}\nspec: {type: LoadBalancer}\n";
    expect(found(text)).to.deep.equal([]);
  });
});
