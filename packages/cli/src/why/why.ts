import { services } from "@fairlead/api/core/service.ts";
import { speakers, virtualIPs } from "@fairlead/api/resources.ts";
import { addressOfVirtualIPName, virtualIPName } from "@fairlead/api/virtual-ip-name.ts";
import type { ApiClient } from "@fairlead/kube/client.ts";
import { type IpAddress, parseAddress } from "@fairlead/net/address.ts";
import { attempt, type ClusterOptions, inCluster } from "../attempt.ts";
import { ExitStatus } from "../exit-status.ts";
import type { Surroundings } from "../surroundings.ts";
import { type Explanation, explainAddress, explainService } from "./explain.ts";
import { reportJson, reportText } from "./report.ts";

export interface WhyOptions extends ClusterOptions {
  /** A Service, with its namespace before a slash or not, or an address. */
  readonly what: string;
  readonly namespace: string;
  readonly output: "text" | "json";
}

/** `fairlead why`. */
export async function runWhy(options: WhyOptions, surroundings: Surroundings): Promise<ExitStatus> {
  return await inCluster(options, surroundings, async (client) => {
    const address = addressIn(options.what);
    const explanation =
      address === undefined ? await ofService(client, nameIn(options)) : await ofAddress(client, address);
    surroundings.out(options.output === "text" ? reportText(explanation) : reportJson(explanation));
    return explanation.answered ? ExitStatus.Fine : ExitStatus.NotAnswered;
  });
}

function addressIn(what: string): IpAddress | undefined {
  const named = addressOfVirtualIPName(what);
  if (named !== undefined) return named;
  const parsed = parseAddress(what);
  return parsed.ok ? parsed.value : undefined;
}

function nameIn({ what, namespace }: WhyOptions): { readonly namespace: string; readonly name: string } {
  const [first = "", ...rest] = what.split("/");
  return rest.length === 0 ? { namespace, name: first } : { namespace: first, name: rest.join("/") };
}

async function ofService(
  client: ApiClient,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): Promise<Explanation> {
  const absent = `there is no Service ${namespace}/${name}; name its namespace with -n`;
  const service = await attempt("get", services, client.get(services, { namespace, name }), absent);
  const records = await attempt("list", virtualIPs, client.list(virtualIPs));
  return explainService(service, records, await attempt("list", speakers, client.list(speakers)));
}

async function ofAddress(client: ApiClient, address: IpAddress): Promise<Explanation> {
  const name = virtualIPName(address);
  const absent = `there is no VirtualIP of ${address.text}, so nobody holds it; see kubectl get vip`;
  const record = await attempt("get", virtualIPs, client.get(virtualIPs, { name }), absent);
  return explainAddress(record, await attempt("list", speakers, client.list(speakers)));
}
