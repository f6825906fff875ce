import { stringify } from "yaml";
import { customResourceDefinition, KINDS } from "./crd.ts";
import { GROUP } from "./group.ts";

/** The files of `manifests/crds`: name and text. */
export function crdFiles(): ReadonlyMap<string, string> {
  return new Map(
    KINDS.map((kind) => [
      `${GROUP}_${kind.plural}.yaml`,
      `# Made by packages/api/scripts/generate-crds.ts; change packages/api/src instead.\n${stringify(customResourceDefinition(kind), { lineWidth: 0, aliasDuplicateObjects: false })}`,
    ]),
  );
}
