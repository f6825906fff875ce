import { type IpAddress, parseAddress } from "@fairlead/net/address.ts";
import { parseInterfaceAddress } from "@fairlead/net/prefix.ts";
import { Environment } from "@marcbachmann/cel-js";

/** An address in Kubernetes' CEL library. */
class Ip {
  readonly address: IpAddress;

  constructor(text: string) {
    const read = readIp(text);
    if (read === undefined) throw new RangeError(`${JSON.stringify(text)} is not an IP address`);
    this.address = read;
  }
}

class IpNamespace {}

/** CEL with the functions of Kubernetes that the rules of our kinds use. */
export function kubernetesCel(): Environment {
  return new Environment({ unlistedVariablesAreDyn: true })
    .registerType("Ip", Ip)
    .registerType("IpNamespace", IpNamespace)
    .registerConstant("ip", "IpNamespace", new IpNamespace())
    .registerFunction("string.replace(string, string): string", (text: string, from: string, to: string) =>
      text.replaceAll(from, to),
    )
    .registerFunction("isIP(string): bool", (text: string) => readIp(text) !== undefined)
    .registerFunction("isCIDR(string): bool", isCidr)
    .registerFunction("ip(string): Ip", (text: string) => new Ip(text))
    .registerFunction("Ip.family(): int", ({ address }: Ip) => (address.family === "IPv6" ? 6n : 4n))
    .registerFunction(
      "IpNamespace.isCanonical(string): bool",
      (_ip: IpNamespace, text: string) => new Ip(text).address.text === text,
    )
    .registerOperator("Ip == Ip", (a: Ip, b: Ip) => a.address.text === b.address.text);
}

/** Kubernetes takes no blanks around an address. */
function readIp(text: string): IpAddress | undefined {
  const read = /\s/.test(text) ? undefined : parseAddress(text);
  return read?.ok ? read.value : undefined;
}

function isCidr(text: string): boolean {
  return !/\s/.test(text) && parseInterfaceAddress(text).ok;
}
