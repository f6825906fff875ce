import { closeSync, fstatSync, openSync, readSync, statSync } from "node:fs";
import { NAMESPACE } from "../../install/fairlead.ts";
import type { Component } from "../../install/pods.ts";
import type { Lab } from "../../lab/lab.ts";

/** A request of ours that the API server has answered; a watch when it was begun. */
export interface AuditedRequest {
  readonly component: Component;
  readonly pod: string;
  readonly verb: string;
  /** With the subresource: `services/status`. */
  readonly resource: string;
  /** Empty for a collection. */
  readonly name: string;
  readonly code: number;
  /** When it arrived, milliseconds since 1970. */
  readonly atMs: number;
}

interface AuditEvent {
  readonly auditID: string;
  readonly stage: string;
  readonly verb: string;
  readonly requestReceivedTimestamp: string;
  readonly user: { readonly username: string; readonly extra?: Readonly<Record<string, readonly string[]>> };
  readonly objectRef?: { readonly resource: string; readonly subresource?: string; readonly name?: string };
  readonly responseStatus?: { readonly code?: number };
}

const ACCOUNTS = `system:serviceaccount:${NAMESPACE}:fairlead-`;
const WRITES = ["create", "update", "patch", "delete", "deletecollection"];

/** The requests of our accounts from now on, as the API server's audit log has them. */
export class Audit {
  readonly #file: string;
  readonly #offset: number;

  constructor(lab: Lab) {
    this.#file = lab.auditLog;
    this.#offset = statSync(this.#file).size;
  }

  get requests(): readonly AuditedRequest[] {
    return this.#events
      .filter(({ stage, verb }) => stage === (verb === "watch" ? "ResponseStarted" : "ResponseComplete"))
      .map(requestOf);
  }

  /** The watches that were begun from then on and have not ended. */
  get openWatches(): readonly AuditedRequest[] {
    const events = this.#events.filter(({ verb }) => verb === "watch");
    const ended = new Set(
      events.filter(({ stage }) => stage === "ResponseComplete").map(({ auditID }) => auditID),
    );
    return events.filter(({ auditID }) => !ended.has(auditID)).map(requestOf);
  }

  /** What was to change something, except the Lease by which one replica leads. */
  get writes(): readonly AuditedRequest[] {
    return this.requests.filter(({ verb, resource }) => WRITES.includes(verb) && resource !== "leases");
  }

  /** Each kind of write with its number, such as `controller patch services/status: 1`, sorted. */
  get tally(): readonly string[] {
    const counts = new Map<string, number>();
    for (const { component, verb, resource } of this.writes) {
      const key = `${component} ${verb} ${resource}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    return [...counts].map(([key, count]) => `${key}: ${count}`).sort();
  }

  get #events(): readonly AuditEvent[] {
    const lines = readFrom(this.#file, this.#offset).split("\n").slice(0, -1);
    return lines
      .filter((line) => line.includes(ACCOUNTS))
      .map((line) => JSON.parse(line) as AuditEvent)
      .filter(({ user }) => user.username.startsWith(ACCOUNTS));
  }
}

/** Waits until none of our accounts has written anything but the Lease for a while. */
export async function settled(lab: Lab, quietMs = 3000): Promise<void> {
  const audit = new Audit(lab);
  const begunMs = Date.now();
  await lab.waitFor(`nothing is written for ${quietMs} ms`, (see) => {
    const { writes } = audit;
    see(writes.slice(-5));
    return Date.now() - Math.max(begunMs, ...writes.map(({ atMs }) => atMs)) > quietMs;
  });
}

function requestOf({
  verb,
  user,
  objectRef,
  responseStatus,
  requestReceivedTimestamp,
}: AuditEvent): AuditedRequest {
  const { resource = "", subresource, name = "" } = objectRef ?? {};
  return {
    component: user.username.slice(ACCOUNTS.length) as Component,
    pod: user.extra?.["authentication.kubernetes.io/pod-name"]?.[0] ?? "",
    verb,
    resource: subresource === undefined ? resource : `${resource}/${subresource}`,
    name,
    code: responseStatus?.code ?? 0,
    atMs: Date.parse(requestReceivedTimestamp),
  };
}

function readFrom(path: string, offset: number): string {
  const file = openSync(path, "r");
  try {
    const bytes = Buffer.alloc(Math.max(0, fstatSync(file).size - offset));
    const length = readSync(file, bytes, 0, bytes.length, offset);
    return bytes.toString("utf8", 0, length);
  } finally {
    closeSync(file);
  }
}
