/**
 * The one field manager of every VirtualIP's status. Whoever writes it, controller or speaker, applies the whole status
 * over the resourceVersion it was computed from: with a manager of its own for each writer, server-side apply would let
 * several own parts of one condition, and the leaving of one would tear it apart.
 */
export const VIRTUAL_IP_STATUS_MANAGER = "fairlead-virtualip-status";

/** Type of the condition that says whether somebody answers for the address. */
export const ANNOUNCED = "Announced";
