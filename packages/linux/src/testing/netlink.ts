/** Builders of netlink bytes for tests; all numbers little-endian. */

/** One attribute with its padding. */
export function attribute(type: number, ...value: readonly number[]): number[] {
  const length = value.length + 4;
  const padding = Array.from({ length: -length & 3 }, () => 0);
  return [...u16(length), ...u16(type), ...value, ...padding];
}

/** One message with its padding. */
export function message(type: number, flags: number, sequence: number, payload: readonly number[]): number[] {
  const length = payload.length + 16;
  const padding = Array.from({ length: -length & 3 }, () => 0);
  return [...u32(length), ...u16(type), ...u16(flags), ...u32(sequence), ...u32(0), ...payload, ...padding];
}

/** The payload of a link message of an Ethernet interface. */
export function linkPayload(link: {
  readonly index: number;
  readonly name: string;
  readonly family?: number;
  readonly flags?: number;
  readonly lastByte?: number;
  readonly master?: number;
}): number[] {
  return [
    ...[link.family ?? 0, 0, ...u16(1)],
    ...u32(link.index),
    ...u32(link.flags ?? UP_AND_RUNNING),
    ...u32(0),
    ...attribute(1, 2, 0, 0, 0, 0, link.lastByte ?? link.index),
    ...attribute(3, ...Buffer.from(link.name), 0),
    ...(link.master === undefined ? [] : attribute(10, ...u32(link.master))),
  ];
}

/** The payload of an address message with a 24-bit prefix. */
export function addressPayload(index: number, address: readonly number[], flags = 0): number[] {
  return [
    ...[address.length === 4 ? 2 : 10, 24, 0, 0],
    ...u32(index),
    ...attribute(1, ...address),
    ...attribute(8, ...u32(flags)),
  ];
}

/** The payload of a route message: by default of an IPv4 default route in the main table that leads to nobody yet. */
export function routePayload(route: {
  readonly family?: number;
  readonly length?: number;
  readonly table?: number;
  readonly type?: number;
  readonly flags?: number;
  readonly attributes?: readonly number[];
}): number[] {
  return [
    ...[route.family ?? 2, route.length ?? 0, 0, 0],
    ...[route.table ?? 254, 3, 0, route.type ?? 1],
    ...u32(route.flags ?? 0),
    ...(route.attributes ?? []),
  ];
}

/** Attributes of a route by one gateway. */
export function via(gateway: readonly number[], index: number): number[] {
  return [...attribute(5, ...gateway), ...attribute(4, ...u32(index))];
}

/** Up, broadcast, running, multicast, lower up. */
export const UP_AND_RUNNING = 0x11043;

export function u16(value: number): number[] {
  return [value & 0xff, (value >> 8) & 0xff];
}

export function u32(value: number): number[] {
  return [...u16(value), ...u16(value >>> 16)];
}
