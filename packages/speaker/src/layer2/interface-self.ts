import type { IpAddress } from "@fairlead/net/address.ts";
import type { Mac } from "@fairlead/net/mac.ts";
import type { TableInterface } from "../announcements/interface-table.ts";

/** An interface of this node, as its neighbors see it. */
export interface InterfaceSelf extends TableInterface {
  readonly name: string;
  /** An IPv4 address of its own that requests are sent under; undefined: it has none. */
  readonly v4: IpAddress | undefined;
  /** Its link-local IPv6 address; undefined: it has none, or has not made sure yet that it is alone with it. */
  readonly linkLocal: IpAddress | undefined;
}

/** What is to be known of a segment. */
export interface Watched {
  /** Of which it is told which MAC has them. */
  readonly addresses: Iterable<IpAddress>;
  /** MACs of the other speakers. */
  readonly speakers: Iterable<Mac>;
  /** One of the addresses: it is told by unicast too what is announced. */
  readonly gateway?: IpAddress | undefined;
}
