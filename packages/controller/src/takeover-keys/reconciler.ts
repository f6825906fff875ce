import { type Secret, secrets } from "@fairlead/api/core/secret.ts";
import { TAKEOVER_SECRET, TAKEOVER_SECRET_TYPE } from "@fairlead/api/takeover-keys.ts";
import type { ApiClient } from "@fairlead/kube/client.ts";
import { hasStatus } from "@fairlead/kube/transport.ts";
import type { Clock } from "@fairlead/runtime/clock.ts";
import type { Log } from "@fairlead/runtime/log.ts";
import { rfc3339 } from "@fairlead/runtime/rfc3339.ts";
import type { Again } from "../again.ts";
import { type KeyChange, type KeyOptions, type KeySecret, type KeyStep, keyStep } from "./step.ts";

/** Says since when the keys in the Secret are as they are. */
export const ROTATED_AT_ANNOTATION = "fairlead.dev/rotated-at";

/** How often the Secret is looked at: somebody may have deleted or changed it. */
const LOOK_EVERY_MS = 20_000;
/** Somebody else wrote it meanwhile. */
const LOOK_AGAIN_MS = 1000;

const EVENTS: Readonly<Record<KeyChange, string>> = {
  Made: "takeover keys made",
  Mended: "takeover keys mended",
  Dated: "takeover keys dated",
  Added: "new takeover key added",
  Exchanged: "new takeover key in use",
  Removed: "old takeover key removed",
};

export interface TakeoverKeyDependencies {
  readonly client: ApiClient;
  readonly clock: Clock;
  readonly log: Log;
  /** Our own namespace. */
  readonly namespace: string;
  readonly keys: KeyOptions;
}

/** Keeps the Secret with the speakers' keys. */
export class TakeoverKeyReconciler {
  readonly #deps: TakeoverKeyDependencies;

  constructor(dependencies: TakeoverKeyDependencies) {
    this.#deps = dependencies;
  }

  async reconcile(signal: AbortSignal): Promise<Again> {
    const { clock, keys } = this.#deps;
    const present = await this.#read(signal);
    const step = keyStep(present && factsOf(present), clock.wall().getTime(), keys);
    if (step.kind === "Nothing") {
      return { requeueAfterMs: Math.min(LOOK_EVERY_MS, step.dueInMs ?? LOOK_EVERY_MS) };
    }
    const written = await this.#write(present, step, signal);
    return { requeueAfterMs: written ? LOOK_EVERY_MS : LOOK_AGAIN_MS };
  }

  async #read(signal: AbortSignal): Promise<Secret | undefined> {
    const { client, namespace } = this.#deps;
    try {
      return await client.get(secrets, { namespace, name: TAKEOVER_SECRET }, signal);
    } catch (error) {
      if (hasStatus(error, 404)) return undefined;
      throw error;
    }
  }

  /** @returns false if somebody else was faster */
  async #write(
    present: Secret | undefined,
    { change, data, rotatedAtMs, signingId, problems }: Extract<KeyStep, { readonly kind: "Write" }>,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { client, namespace, log } = this.#deps;
    const rotatedAt = { [ROTATED_AT_ANNOTATION]: rfc3339(new Date(rotatedAtMs)) };
    try {
      if (present === undefined) {
        const metadata = { namespace, name: TAKEOVER_SECRET, labels: LABELS, annotations: rotatedAt };
        await client.create(secrets, { metadata, type: TAKEOVER_SECRET_TYPE, data }, signal);
      } else {
        const annotations = { ...present.metadata.annotations, ...rotatedAt };
        await client.update(
          secrets,
          { ...present, metadata: { ...present.metadata, annotations }, data },
          signal,
        );
      }
    } catch (error) {
      if (hasStatus(error, 409) || hasStatus(error, 404)) return false;
      throw error;
    }
    const fields = { secret: `${namespace}/${TAKEOVER_SECRET}`, key: signingId };
    if (problems.length > 0) log.warn(EVENTS[change], { ...fields, problems });
    else log.info(EVENTS[change], fields);
    return true;
  }
}

const LABELS = { "app.kubernetes.io/name": "fairlead" };

function factsOf({ data, metadata: { annotations } }: Secret): KeySecret {
  const atMs = Date.parse(annotations?.[ROTATED_AT_ANNOTATION] ?? "");
  return { data: data ?? {}, rotatedAtMs: Number.isNaN(atMs) ? undefined : atMs };
}
