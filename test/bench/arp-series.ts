import { join } from "node:path";
import type { Lab } from "../lab/lab.ts";

const ASKER = join(import.meta.dirname, "arp-asker.ts");

/** What a client saw of one address. */
export interface ArpSeries {
  /** From request to reply, in µs. */
  readonly times: readonly number[];
  /** Requests that nobody answered. */
  readonly lost: number;
}

export interface ArpQuestions {
  readonly rounds: number;
  /** Between a reply and the next request. */
  readonly gapMs: number;
  readonly form: "broadcast" | "unicast";
  /** IPv4, asked for in turn. */
  readonly addresses: readonly string[];
}

/** Has client-1 ask for addresses by ARP; by address. */
export async function askArp(
  lab: Lab,
  { rounds, gapMs, form, addresses }: ArpQuestions,
): Promise<Readonly<Record<string, ArpSeries>>> {
  const how = ["eth0", String(rounds), String(gapMs), form];
  const argv = [process.execPath, "--no-warnings", ASKER, ...how, ...addresses];
  const { stdout } = await lab.exec("client-1", argv, { deadlineMs: 300_000 });
  return JSON.parse(stdout) as Readonly<Record<string, ArpSeries>>;
}
