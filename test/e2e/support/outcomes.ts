import type { Service } from "@fairlead/api/core/service.ts";
import type { Lab } from "../../lab/lab.ts";
import { addressesOf } from "./steps.ts";

/** What Services ended with, by name (`namespace/name` outside `default`). */
export type Outcomes<Name extends string = string> = Readonly<Record<Name, string>>;

/**
 * Waits until each of these Services has what is expected of it: its addresses separated by a blank, then, unless that is
 * simply what it asks for, the reason in its condition `fairlead.dev/Allocated`.
 *
 * @param deadlineMs how long they may take
 * @returns what the conditions say
 */
export async function outcomes<Name extends string>(
  lab: Lab,
  expected: Outcomes<Name>,
  deadlineMs = 60_000,
): Promise<Outcomes<Name>> {
  const names = Object.keys(expected) as Name[];
  const { length } = names;
  return lab.waitFor(
    `the outcome of ${length} Services: ${JSON.stringify(expected)}`,
    async (see) => {
      const services = await servicesByName(lab);
      const other = names.filter((name) => outcomeOf(services.get(name)) !== expected[name]);
      see(other.map((name) => `${name}: ${outcomeOf(services.get(name))} (${told(services.get(name))})`));
      return (
        other.length === 0 &&
        (Object.fromEntries(names.map((name) => [name, told(services.get(name))])) as Outcomes<Name>)
      );
    },
    { deadlineMs },
  );
}

/** Waits until the condition `fairlead.dev/Allocated` of a Service in `default` says this: words may come later than the outcome. */
export async function says(lab: Lab, name: string, text: string): Promise<void> {
  await lab.waitFor(`${name} says: ${text}`, async (see) => {
    const message = told((await servicesByName(lab)).get(name));
    see(message);
    return message.includes(text);
  });
}

async function servicesByName(lab: Lab): Promise<ReadonlyMap<string, Service>> {
  const { items } = await lab.api.get<{ items: readonly Service[] }>("/api/v1/services");
  return new Map(
    items.map((service) => {
      const { namespace, name } = service.metadata;
      return [namespace === "default" ? name : `${namespace}/${name}`, service];
    }),
  );
}

function outcomeOf(service: Service | undefined): string {
  const allocated = allocatedOf(service);
  if (service === undefined || allocated === undefined) return "nothing yet";
  const { status, reason } = allocated;
  const satisfied = status === "True" && reason === "Allocated";
  return [...addressesOf(service), ...(satisfied ? [] : [reason])].join(" ");
}

function told(service: Service | undefined): string {
  return allocatedOf(service)?.message ?? "no condition";
}

function allocatedOf(service: Service | undefined) {
  return service?.status?.conditions?.find(({ type }) => type === "fairlead.dev/Allocated");
}
