import { isIP, isIPv6 } from "node:net";
import { Environment } from "@marcbachmann/cel-js";

/** An address in Kubernetes' CEL library; compared by value. */
class Ip {
  readonly canonical: string;

  constructor(text: string) {
    this.canonical = isIPv6(text) ? new URL(`http://[${text}]`).hostname.slice(1, -1) : text;
  }
}

class IpNamespace {}

/** CEL with the functions of Kubernetes that our rules use, written apart from the parsers of `@fairlead/net`. */
export function kubernetesCel(): Environment {
  return new Environment({ unlistedVariablesAreDyn: true })
    .registerType("Ip", Ip)
    .registerType("IpNamespace", IpNamespace)
    .registerConstant("ip", "IpNamespace", new IpNamespace())
    .registerFunction("string.replace(string, string): string", (text: string, from: string, to: string) =>
      text.replaceAll(from, to),
    )
    .registerFunction("isIP(string): bool", isAddress)
    .registerFunction("isCIDR(string): bool", isCidr)
    .registerFunction("ip(string): Ip", (text: string) => {
      if (!isAddress(text)) throw new Error(`${text} is not an IP address`);
      return new Ip(text);
    })
    .registerFunction("Ip.family(): int", (ip: Ip) => (isIPv6(ip.canonical) ? 6n : 4n))
    .registerFunction("IpNamespace.isCanonical(string): bool", (_ip: IpNamespace, text: string) => {
      return new Ip(text).canonical === text;
    })
    .registerOperator("Ip == Ip", (a: Ip, b: Ip) => a.canonical === b.canonical);
}

function isAddress(text: string): boolean {
  return isIP(text) !== 0 && !text.includes("%") && !new Ip(text).canonical.startsWith("::ffff:");
}

function isCidr(text: string): boolean {
  const [address = "", length = "", ...rest] = text.split("/");
  if (rest.length > 0 || !isAddress(address)) return false;
  return /^(0|[1-9]\d{0,2})$/.test(length) && Number(length) <= (isIPv6(address) ? 128 : 32);
}
