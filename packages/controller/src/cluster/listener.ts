import type { Move, VirtualIP } from "@fairlead/api/virtual-ip.ts";
import type { IpAddress } from "@fairlead/net/address.ts";
import type { Former, Standing } from "../allocation/holdings.ts";

/** Told what has changed, after the cluster's view of it is up to date. */
export interface ClusterListener {
  /** `edited`: somebody wants something else of a Service that is known already. */
  service(key: string, edited: boolean): void;
  /** Where the Service is served. */
  endpoints(service: string): void;
  /**
   * @param concerned Services that need a look, because somebody else changed who holds the address (`moved`), or because of
   * what is said about its announcement
   */
  virtualIP(name: string, concerned: readonly string[], moved: boolean): void;
  /** A speaker says that the address has come to it from another node. */
  moved(virtualIP: VirtualIP, move: Move): void;
  /** The namespace has come or gone, or has other labels. */
  namespaceLabels(namespace: string): void;
  node(name: string): void;
  /** Which addresses the network uses itself. */
  infrastructure(): void;
  /** `changed`: more than its status. */
  pool(name: string, changed: boolean): void;
  advertisement(name: string, changed: boolean): void;
  /**
   * Who has an address, of which pool, or under which terms, is another.
   *
   * @param standing what stands in the way of its being handed out now
   * @param former how it was before
   */
  address(address: IpAddress, standing: Standing, former: Former): void;
}
