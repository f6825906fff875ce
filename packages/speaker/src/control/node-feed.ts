import type { Speaker } from "@fairlead/api/speaker.ts";
import { parseAddress } from "@fairlead/net/address.ts";
import { parseMac } from "@fairlead/net/mac.ts";
import { parseInterfaceAddress } from "@fairlead/net/prefix.ts";
import type { Clock, Timer } from "@fairlead/runtime/clock.ts";
import type { NeighborInterface, NeighborNode } from "../failover/neighbors.ts";

/** What a Speaker object says of its node to those on the same segments. What cannot be read in it is left out. */
export function neighborNode({ metadata, status }: Speaker): NeighborNode {
  const interfaces = (status?.interfaces ?? []).flatMap(
    ({ name, mac: text, addresses }): NeighborInterface[] => {
      const mac = parseMac(text);
      if (!mac.ok) return [];
      const parsed = addresses.flatMap((one) => {
        const read = parseInterfaceAddress(one);
        return read.ok ? [read.value] : [];
      });
      return [
        {
          name,
          mac: mac.value,
          addresses: parsed.map(({ address }) => address),
          subnets: parsed.map(({ prefix }) => prefix),
        },
      ];
    },
  );
  const address = parseAddress(status?.nodeAddress ?? "");
  return { name: metadata.name, address: address.ok ? address.value : undefined, interfaces };
}

export interface NodeFeedOptions {
  readonly clock: Clock;
  readonly speakers: () => Iterable<Speaker>;
  readonly send: (nodes: readonly NeighborNode[]) => void;
  /** What the last process knew; the wire thread has it already. */
  readonly known: readonly NeighborNode[];
}

/** Tells the wire thread who the speakers are, once they all have been read, and at each change. */
export class NodeFeed {
  readonly #options: NodeFeedOptions;
  #opened = false;
  #timer: Timer | undefined;
  #sent = "";
  #nodes: readonly NeighborNode[];

  constructor(options: NodeFeedOptions) {
    this.#options = options;
    this.#nodes = options.known;
  }

  /** What was told last. */
  get nodes(): readonly NeighborNode[] {
    return this.#nodes;
  }

  /** All Speakers have been read. */
  open(): void {
    this.#opened = true;
    this.#flush();
  }

  /** A Speaker changed. One message for all that come in one go. */
  changed(): void {
    if (!this.#opened || this.#timer !== undefined) return;
    this.#timer = this.#options.clock.after(0, () => {
      this.#timer = undefined;
      this.#flush();
    });
  }

  stop(): void {
    this.#opened = false;
    this.#timer?.cancel();
  }

  #flush(): void {
    const nodes = [...this.#options.speakers()]
      .map(neighborNode)
      .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
    const text = JSON.stringify(
      nodes.map(({ name, address, interfaces }) => [
        name,
        address?.text,
        interfaces.map(({ name: of, mac, addresses, subnets }) => [
          of,
          mac,
          addresses.map((one) => one.text),
          subnets.map(({ length }) => length),
        ]),
      ]),
    );
    if (text === this.#sent) return;
    this.#sent = text;
    this.#nodes = nodes;
    this.#options.send(nodes);
  }
}
