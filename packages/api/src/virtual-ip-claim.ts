import type { Announcer } from "./virtual-ip.ts";

/** Under what right a node announces an address: see `docs/takeover.md`, "Claims". */
export type AnnouncerClaim = Pick<Announcer, "epoch" | "step" | "provisional">;

/**
 * Positive if `a` stands above `b`: the higher epoch, then the higher step, then firm before provisional. 0 if they are alike,
 * which claims of two nodes are only while they do not know of one another.
 */
export function compareAnnouncers(a: AnnouncerClaim, b: AnnouncerClaim): number {
  return (
    a.epoch - b.epoch ||
    (a.step ?? 0) - (b.step ?? 0) ||
    Number(b.provisional === true) - Number(a.provisional === true)
  );
}

/** Whether `a` stands above `b`; everything stands above nothing. */
export function isHigherAnnouncer(a: AnnouncerClaim, b: AnnouncerClaim | undefined): boolean {
  return b === undefined || compareAnnouncers(a, b) > 0;
}
