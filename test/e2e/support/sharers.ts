import type { VirtualIP } from "@fairlead/api/virtual-ip.ts";
import { expect } from "chai";
import { readWebAnswer } from "../../lab/attempt.ts";
import type { Lab } from "../../lab/lab.ts";
import { type Manifest, service } from "./objects.ts";
import { outcomes } from "./outcomes.ts";
import { merge, paths, virtualIPNameOf } from "./steps.ts";

/** The last digit of the family's name, by which what is made in both families is told apart: Services `a-4` and `a-6`. */
export type FamilyDigit = "4" | "6";

export const FAMILY_DIGITS: readonly FamilyDigit[] = ["4", "6"];

/** What the pool "lan" has for these tests. */
export const RANGES: readonly string[] = [
  "198.51.100.200-198.51.100.209",
  "2001:db8:10::200-2001:db8:10::209",
];

/** An address of the pool "lan" by its last three digits, which are the same in both families: 200 to 209. */
export const ipOf = (digit: FamilyDigit, last: number): string =>
  digit === "4" ? `198.51.100.${last}` : `2001:db8:10::${last}`;

/** What a Service that shares may differ in from one with key "k" on TCP port 80 that serves the web pods `web`. */
export interface SharerOptions {
  /** "": none. */
  readonly key?: string;
  /** The annotation that states the key. @default "fairlead.dev/" */
  readonly prefix?: string;
  readonly port?: number;
  readonly protocol?: "TCP" | "UDP";
  /** externalTrafficPolicy: Local. */
  readonly local?: boolean;
  readonly app?: string;
  readonly namespace?: string;
  /** The last digits of the address that it asks for. */
  readonly asksFor?: number;
  readonly pool?: string;
}

/** Makes Services `name-4` and `name-6` that differ in nothing but their family. */
export function sharer(name: string, options: SharerOptions = {}): readonly Manifest[] {
  return FAMILY_DIGITS.map((digit) => sharerOf(name, digit, options));
}

function sharerOf(name: string, digit: FamilyDigit, options: SharerOptions): Manifest {
  const { app, namespace } = options;
  return service(`${name}-${digit}`, {
    ...(app !== undefined && { app }),
    ...(namespace !== undefined && { namespace }),
    annotations: annotationsOf(digit, options),
    spec: specOf(digit, options),
  });
}

function annotationsOf(digit: FamilyDigit, options: SharerOptions): Readonly<Record<string, string>> {
  const { key = "k", prefix = "fairlead.dev/", asksFor, pool } = options;
  return {
    ...(key !== "" && { [`${prefix}allow-shared-ip`]: key }),
    ...(asksFor !== undefined && { "fairlead.dev/loadBalancerIPs": ipOf(digit, asksFor) }),
    ...(pool !== undefined && { "fairlead.dev/address-pool": pool }),
  };
}

function specOf(digit: FamilyDigit, options: SharerOptions): Readonly<Record<string, unknown>> {
  const { port = 80, protocol = "TCP", local = false } = options;
  return {
    ipFamilies: [`IPv${digit}`],
    externalTrafficPolicy: local ? "Local" : "Cluster",
    ports: [{ name: "port", port, targetPort: 8080, protocol }],
  };
}

/** Changes such Services of `default` in both families, quicker than they are applied. */
export async function change(lab: Lab, name: string, options: SharerOptions): Promise<void> {
  for (const digit of FAMILY_DIGITS) {
    const changed = {
      metadata: { annotations: annotationsOf(digit, options) },
      spec: specOf(digit, options),
    };
    await merge(lab, paths.service(`${name}-${digit}`), changed);
  }
}

/** What Services end with in each family: the last digits of their address, a reason, or both separated by a blank. */
export type SharedOutcomes = Readonly<Record<string, number | string>>;

/** Waits until each Service has that in both families. @returns what is told, by names such as `a-4` */
export function sharedOutcomes(
  lab: Lab,
  expected: SharedOutcomes,
  deadlineMs?: number,
): Promise<Readonly<Record<string, string>>> {
  const each = FAMILY_DIGITS.flatMap((digit) =>
    Object.entries(expected).map(([name, outcome]) => {
      const [first = "", ...rest] = String(outcome).split(" ");
      const has = /^\d+$/.test(first) ? ipOf(digit, Number(first)) : first;
      return [`${name}-${digit}`, [has, ...rest].join(" ")] as const;
    }),
  );
  return outcomes(lab, Object.fromEntries(each), deadlineMs);
}

/** The VirtualIP of an address. */
export function recordOf(lab: Lab, ip: string): Promise<VirtualIP> {
  return lab.api.get<VirtualIP>(paths.virtualIP(virtualIPNameOf(ip)));
}

/** The UID of the VirtualIP of each address in both families: the same as long as somebody holds it. */
export async function recordUids(
  lab: Lab,
  ...lasts: readonly number[]
): Promise<readonly (string | undefined)[]> {
  const ips = FAMILY_DIGITS.flatMap((digit) => lasts.map((last) => ipOf(digit, last)));
  const records = await Promise.all(ips.map((ip) => recordOf(lab, ip)));
  return records.map(({ metadata }) => metadata.uid);
}

/** What a VirtualIP records of a holder with this key and port. @param backend its selector, if its policy is Local */
export function terms(key: string, port: number, more: { protocol?: string; backend?: string } = {}): object {
  const { protocol = "TCP", ...backend } = more;
  return { key, ports: [`${protocol}/${port}`], ...backend };
}

/** Expects that these hold the address in both families, each under its terms; undefined: without a key. */
export async function expectHolders(
  lab: Lab,
  last: number,
  holders: Readonly<Record<string, object | undefined>>,
): Promise<void> {
  for (const digit of FAMILY_DIGITS) {
    const { spec } = await recordOf(lab, ipOf(digit, last));
    const service = (name: string): string => `default/${name}-${digit}`;
    expect(spec.services).to.have.members(Object.keys(holders).map(service));
    const told = Object.entries(holders).flatMap(([name, each]) =>
      each === undefined ? [] : [{ service: service(name), ...each }],
    );
    expect(spec.sharing ?? []).to.have.deep.members(told);
  }
}

/** The pod that serves this port, as a client on the LAN sees it. */
export async function served(lab: Lab, ip: string, port: number): Promise<string> {
  const url = `http://${ip.includes(":") ? `[${ip}]` : ip}:${port}/`;
  const page = await lab.waitFor(`a page from ${url}`, async (see) => {
    const attempt = await lab.fetch("client-1", url);
    see(attempt);
    return attempt.ok && attempt.status === 200 && attempt;
  });
  return readWebAnswer(page.body).pod;
}
