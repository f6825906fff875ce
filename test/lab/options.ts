/** Which of kube-proxy's modes the nodes run. */
export type ProxyMode = "nftables" | "iptables";

/** The programs a lab runs. */
export type Component =
  | "etcd"
  | "kube-apiserver"
  | "kube-controller-manager"
  | "kube-scheduler"
  | "containerd"
  | "kubelet"
  | "kube-proxy";

/** What a lab is asked to be. */
export interface LabOptions {
  /** Names its namespaces and files: 1 to 20 of `a-z`, `0-9` and `-`. @default "lab" */
  readonly name: string;
  /** @default 3 */
  readonly nodes: number;
  /** Machines on the nodes' own segment, `client-1`... @default 1 */
  readonly clients: number;
  /** Machines behind the router, `outside-1`...; a node sees their address as no neighbor's. @default 0 */
  readonly outsideClients: number;
  /** @default "nftables" */
  readonly proxyMode: ProxyMode;
  /** Gives router, nodes and clients an `eth1` on a second segment, 192.0.2.0/24 and 2001:db8:11::/64. @default false */
  readonly secondSegment: boolean;
  /** Command-line flags by program, without dashes, added to or replacing the lab's own. */
  readonly flags: Readonly<Partial<Record<Component, Readonly<Record<string, string>>>>>;
  /** Fields of KubeletConfiguration, added to or replacing the lab's own. */
  readonly kubelet: Readonly<Record<string, unknown>>;
  /** `process`: the lab goes down when this process ends by itself or by SIGINT/SIGTERM. @default "process" */
  readonly lifetime: "process" | "detached";
  /** What to do if a lab of that name is up already. A half-built one is always replaced. @default "fail" */
  readonly ifExists: "fail" | "replace";
  /** Where progress goes, one line each. @default nowhere */
  readonly report: (line: string) => void;
}

const DEFAULTS: LabOptions = {
  name: "lab",
  nodes: 3,
  clients: 1,
  outsideClients: 0,
  proxyMode: "nftables",
  secondSegment: false,
  flags: {},
  kubelet: {},
  lifetime: "process",
  ifExists: "fail",
  report: () => {},
};

const BOUNDS = { nodes: [1, 80], clients: [0, 90], outsideClients: [0, 90] } as const;

/** Fills in the defaults. @throws RangeError on a name or number that no lab can have. */
export function completeOptions(asked: Partial<LabOptions>): LabOptions {
  const options: LabOptions = { ...DEFAULTS, ...asked };
  checkName(options.name);
  for (const [key, [least, most]] of Object.entries(BOUNDS)) {
    const value = options[key as keyof typeof BOUNDS];
    if (!Number.isInteger(value) || value < least || value > most) {
      throw new RangeError(`${key} is ${value}; it must be a whole number from ${least} to ${most}`);
    }
  }
  return options;
}

/** @throws RangeError on a name that cannot be part of a namespace's name. */
export function checkName(name: string): void {
  if (!/^[a-z0-9]([-a-z0-9]{0,18}[a-z0-9])?$/.test(name)) {
    throw new RangeError(
      `${JSON.stringify(name)} is no lab name; use 1 to 20 of a-z, 0-9 and "-", not "-" at an end`,
    );
  }
}
