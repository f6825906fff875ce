import {
  HIGHEST_TAKEOVER_KEY_ID,
  readTakeoverKey,
  TAKEOVER_KEY_SLOTS,
  type TakeoverKey,
  type TakeoverKeyData,
  type TakeoverKeySlot,
  takeoverKeyFields,
} from "@fairlead/api/takeover-keys.ts";

/**
 * For how long a new key is accepted before anybody signs with it, and an old one after, in ms. Speakers learn of a change within
 * moments; this is for one that is cut off from the API server for a while.
 */
export const SETTLE_MS = 10 * 60_000;
/** How far ahead a time may lie that another replica's clock wrote, in ms. */
const CLOCK_SKEW_MS = 60_000;

/** The Secret as it is now. */
export interface KeySecret {
  readonly data: TakeoverKeyData;
  /** When its keys were last made, added to or exchanged, as the Secret says it; undefined: it does not. */
  readonly rotatedAtMs: number | undefined;
}

export interface KeyOptions {
  /** Age at which the key is replaced, in ms; 0: never. */
  readonly rotationMs: number;
  /** 32 random bytes. */
  readonly draw: () => Uint8Array;
}

/** What a write does. */
export type KeyChange =
  | "Made"
  /** Something in it could not be used. */
  | "Mended"
  /** It did not say how old its keys are, or named a time to come. */
  | "Dated"
  /** A new key is there, which nobody signs with yet. */
  | "Added"
  /** It signs now, and the one before is still accepted. */
  | "Exchanged"
  /** The one before is not accepted any more. */
  | "Removed";

/** What is due. */
export type KeyStep =
  | {
      readonly kind: "Nothing";
      /** When something is due by itself, in ms from now; undefined: never. */
      readonly dueInMs: number | undefined;
    }
  | {
      readonly kind: "Write";
      readonly change: KeyChange;
      readonly data: TakeoverKeyData;
      readonly rotatedAtMs: number;
      /** The key that signs then. */
      readonly signingId: number;
      /** What could not be used, without any part of it. */
      readonly problems: readonly string[];
    };

type Keys = Readonly<Partial<Record<TakeoverKeySlot, TakeoverKey>>>;

/** What is to be done with the keys, if anything. @param secret undefined: there is none */
export function keyStep(secret: KeySecret | undefined, nowMs: number, options: KeyOptions): KeyStep {
  const write = writing(nowMs);
  if (secret === undefined) return write("Made", { current: { id: 1, bytes: options.draw() } });
  const { keys, problems } = readKeys(secret.data);
  const { current, next, previous } = keys;
  if (current === undefined || problems.length > 0) return write("Mended", mended(keys, options), problems);
  const atMs = secret.rotatedAtMs;
  const dated = atMs !== undefined && atMs <= nowMs + CLOCK_SKEW_MS;
  if (!dated) {
    const matters = options.rotationMs > 0 || next !== undefined || previous !== undefined;
    return matters ? write("Dated", keys) : { kind: "Nothing", dueInMs: undefined };
  }
  const waitMs = (afterMs: number): number => atMs + afterMs - nowMs;
  const unlessDue = (afterMs: number, step: () => KeyStep): KeyStep =>
    waitMs(afterMs) > 0 ? { kind: "Nothing", dueInMs: waitMs(afterMs) } : step();
  if (next !== undefined) {
    return unlessDue(SETTLE_MS, () => write("Exchanged", { current: next, previous: current }));
  }
  if (previous !== undefined) return unlessDue(SETTLE_MS, () => write("Removed", { current }, [], atMs));
  if (options.rotationMs === 0) return { kind: "Nothing", dueInMs: undefined };
  const added = (): Keys => ({ current, next: { id: idAfter(current.id), bytes: options.draw() } });
  return unlessDue(options.rotationMs, () => write("Added", added()));
}

const writing =
  (nowMs: number) =>
  (
    change: KeyChange,
    keys: Keys,
    problems: readonly string[] = [],
    rotatedAtMs = nowMs,
  ): Extract<KeyStep, { readonly kind: "Write" }> => ({
    kind: "Write",
    change,
    data: Object.assign(
      {},
      ...TAKEOVER_KEY_SLOTS.map((slot) => {
        const key = keys[slot];
        return key === undefined ? {} : takeoverKeyFields(slot, key);
      }),
    ),
    rotatedAtMs,
    signingId: keys.current?.id ?? 0,
    problems,
  });

function readKeys(data: TakeoverKeyData): { readonly keys: Keys; readonly problems: readonly string[] } {
  const keys: { -readonly [Slot in TakeoverKeySlot]?: TakeoverKey } = {};
  const problems: string[] = [];
  for (const slot of TAKEOVER_KEY_SLOTS) {
    const key = readTakeoverKey(data, slot);
    if (!key.ok) problems.push(key.error);
    else if (key.value === undefined) {
      if (slot === "current") problems.push("current is missing");
    } else if (Object.values(keys).some(({ id }) => id === key.value?.id)) {
      problems.push(`${slot} has the id of another key`);
    } else keys[slot] = key.value;
  }
  return { keys, problems };
}

/** Goes on with what can be used: a key that all speakers accept already is better than one that none of them knows. */
function mended({ current, next, previous }: Keys, { draw }: KeyOptions): Keys {
  if (current !== undefined) return { current, ...(next && { next }), ...(previous && { previous }) };
  const known = next ?? previous;
  if (known === undefined) return { current: { id: 1, bytes: draw() } };
  return { current: known, ...(next && previous && { previous }) };
}

/** Ids are used in turn, so that the last one to come back is the one given up longest ago. */
function idAfter(id: number): number {
  return (id % HIGHEST_TAKEOVER_KEY_ID) + 1;
}
