import { OWN_PREFIX } from "./annotations.ts";

/** Annotation of a VirtualIP: the node that a person wants the address on. The controller takes it off once that is so. */
export const MOVE_TO_ANNOTATION = `${OWN_PREFIX}move-to`;

/** Annotation of a Speaker: `true` if its node is to have addresses only while no other can. Only people write it. */
export const DRAIN_ANNOTATION = `${OWN_PREFIX}drain`;

/** Type of the condition that is there only while an address cannot go to the node that a person wants it on. */
export const MOVE_PENDING = "MovePending";
