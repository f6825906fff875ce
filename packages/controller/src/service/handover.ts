import type { VirtualIP } from "@fairlead/api/virtual-ip.ts";
import { virtualIPName } from "@fairlead/api/virtual-ip-name.ts";
import { ANNOUNCED } from "@fairlead/api/virtual-ip-status.ts";
import type { IpAddress } from "@fairlead/net/address.ts";
import type { Decision } from "../allocation/allocate.ts";

/**
 * Addresses that are to be let go of and are still answered, while those that take their place are not answered yet: clients
 * would find neither.
 *
 * @param get reads a VirtualIP by its name
 */
export function stillNeeded(
  { keep, take, release }: Decision,
  get: (name: string) => VirtualIP | undefined,
): readonly IpAddress[] {
  const answered = (address: IpAddress): boolean =>
    get(virtualIPName(address))?.status?.conditions?.some(
      ({ type, status }) => type === ANNOUNCED && status === "True",
    ) === true;
  const coming = [...keep, ...take].map(({ address }) => address);
  return release.flatMap(({ address }) => {
    const successors = coming.filter(({ family }) => family === address.family);
    return successors.some((one) => !answered(one)) && answered(address) ? [address] : [];
  });
}
