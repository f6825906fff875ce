import type { Condition } from "@fairlead/api/condition.ts";
import type { Service } from "@fairlead/api/core/service.ts";
import { MOVE_PENDING } from "@fairlead/api/moves.ts";
import type { Speaker } from "@fairlead/api/speaker.ts";
import type { VirtualIP } from "@fairlead/api/virtual-ip.ts";
import { CONTESTED } from "@fairlead/api/virtual-ip-foreign.ts";
import { ANNOUNCED } from "@fairlead/api/virtual-ip-status.ts";

/** Conditions of a Service that Fairlead writes. */
const OWN = "fairlead.dev/";

/** One thing that is said of an object. */
export interface Said {
  /** As kubectl names it: `service default/web`, `vip 192.0.2.10`, `speaker node-a`. */
  readonly object: string;
  /** A stable word; absent if nobody has said anything. */
  readonly reason?: string;
  readonly message: string;
}

/** What is the matter with a Service, or with an address. */
export interface Explanation {
  readonly about: string;
  readonly answered: boolean;
  /** Why it is not answered, or not by all its addresses: the cause first. */
  readonly causes: readonly Said[];
  /** Who answers for its addresses. */
  readonly answers: readonly Said[];
  /** What else is said of its addresses and of the nodes that may answer for them. */
  readonly notes: readonly Said[];
}

/** Explains a Service by what it, its VirtualIPs and all Speakers say. @param virtualIPs any; those that are not its own do not count */
export function explainService(
  service: Service,
  virtualIPs: readonly VirtualIP[],
  speakers: readonly Speaker[],
): Explanation {
  const key = `${service.metadata.namespace}/${service.metadata.name}`;
  const about = `service ${key}`;
  const own = virtualIPs.filter(({ spec }) => spec.services?.includes(key) === true);
  const addresses = own.map(explained);
  const causes = [...ofService(service, about), ...addresses.flatMap((one) => one.causes)];
  const notes = [...addresses.flatMap((one) => one.notes), ...notesOfNodes(own, speakers)];
  return {
    about,
    answered: causes.length === 0,
    causes,
    answers: addresses.flatMap((one) => one.answers),
    notes,
  };
}

/** Explains one address. */
export function explainAddress(virtualIP: VirtualIP, speakers: readonly Speaker[]): Explanation {
  const { causes, answers, notes } = explained(virtualIP);
  return {
    about: `vip ${virtualIP.metadata.name}`,
    answered: causes.length === 0,
    causes,
    answers,
    notes: [...notes, ...notesOfNodes([virtualIP], speakers)],
  };
}

/** Why the Service has no address, or not those that it asks for. */
function ofService({ spec, status }: Service, object: string): readonly Said[] {
  if (spec.type !== "LoadBalancer")
    return [
      {
        object,
        message: `it is of type ${spec.type ?? "ClusterIP"}, and only a LoadBalancer gets an address`,
      },
    ];
  const own = (status?.conditions ?? []).filter(({ type }) => type.startsWith(OWN));
  const allocated = own.find(({ type }) => type === `${OWN}Allocated`);
  if (allocated?.status === "False") return [saidBy(object, allocated)];
  if (allocated !== undefined) return [];
  const { loadBalancerClass: name } = spec;
  const whose =
    name === undefined
      ? "see whether the controller runs: kubectl -n fairlead-system get pods"
      : `its loadBalancerClass ${name} may be another provider's; if it is Fairlead's, see whether the controller runs`;
  return [{ object, message: `Fairlead has said nothing of it: ${whose}` }];
}

type OfAddress = Pick<Explanation, "causes" | "answers" | "notes">;

function explained({ metadata, spec, status }: VirtualIP): OfAddress {
  const object = `vip ${metadata.name}`;
  const condition = (type: string): Condition | undefined =>
    status?.conditions?.find((one) => one.type === type);
  const said = (one: Condition | undefined): readonly Said[] =>
    one === undefined ? [] : [saidBy(object, one)];
  const announced = condition(ANNOUNCED);
  const notes = [CONTESTED, MOVE_PENDING].map(condition).filter((one) => one?.status === "True");
  const bound = condition("Bound");
  const rest = { notes: notes.flatMap(said) };
  if ((spec.services ?? []).length === 0)
    return { ...rest, answers: [], causes: bound === undefined ? [unheld(object)] : said(bound) };
  if (announced?.status === "True") return { ...rest, causes: [], answers: said(announced) };
  if (announced !== undefined) return { ...rest, causes: said(announced), answers: [] };
  return { ...rest, causes: [unannounced(object, spec.placement?.nodes[0])], answers: [] };
}

function unheld(object: string): Said {
  return { object, message: "no Service holds it" };
}

function unannounced(object: string, node: string | undefined): Said {
  const message =
    node === undefined
      ? "the controller has put it on no node and has not said why; see whether it runs"
      : `it is placed on ${node}, whose speaker has not said yet that it answers; see whether it runs: kubectl -n fairlead-system get pods -o wide`;
  return { object, message };
}

/** What the speakers of the nodes that may answer say of their networks. */
function notesOfNodes(virtualIPs: readonly VirtualIP[], speakers: readonly Speaker[]): readonly Said[] {
  const nodes = new Set(virtualIPs.flatMap(({ spec }) => spec.placement?.nodes ?? []));
  return speakers
    .filter(({ metadata }) => nodes.has(metadata.name))
    .toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
    .flatMap(({ metadata, status }) =>
      (status?.conditions ?? [])
        .filter((one) => one.status === "True")
        .map((one) => ({ ...saidBy(`speaker ${metadata.name}`, one), reason: one.type })),
    );
}

function saidBy(object: string, { reason, message }: Condition): Said {
  return { object, reason, message };
}
