import { readdirSync, readFileSync } from "node:fs";
import { expect } from "chai";
import { parse } from "yaml";
import { customResourceDefinition, KINDS } from "./crd.ts";
import { crdFiles } from "./crd-files.ts";
import * as resources from "./resources.ts";

const folder = new URL("../../../manifests/crds/", import.meta.url);

/** Keywords of a structural schema (apiextensions.k8s.io/v1) that are used here. */
const KEYWORDS = [
  "type",
  "description",
  "properties",
  "items",
  "additionalProperties",
  "required",
  "enum",
  "format",
  "default",
  "minimum",
  "maximum",
  "minLength",
  "maxLength",
  "maxItems",
  "maxProperties",
  "x-kubernetes-list-type",
  "x-kubernetes-list-map-keys",
  "x-kubernetes-map-type",
  "x-kubernetes-validations",
];

type Schema = Readonly<Record<string, unknown>>;

/** Every schema below this one, with its path. */
function* all(schema: Schema, path: string): Generator<[string, Schema]> {
  yield [path, schema];
  for (const [name, inner] of Object.entries((schema.properties ?? {}) as Record<string, Schema>)) {
    yield* all(inner, `${path}.${name}`);
  }
  for (const keyword of ["items", "additionalProperties"]) {
    if (schema[keyword] !== undefined) yield* all(schema[keyword] as Schema, `${path}[]`);
  }
}

describe("the custom resource definitions", () => {
  it("in manifests/crds are those that `make generate` writes", () => {
    const files = crdFiles();
    expect(readdirSync(folder).sort()).to.deep.equal([...files.keys()].sort());
    for (const [name, text] of files) {
      expect(
        readFileSync(new URL(name, folder), "utf8") === text,
        `${name} is out of date; run make generate`,
      ).to.equal(true);
      expect(parse(text)).to.deep.equal(JSON.parse(JSON.stringify(definitionOf(name))));
    }
  });

  for (const kind of KINDS) {
    describe(kind.kind, () => {
      const definition = JSON.parse(JSON.stringify(customResourceDefinition(kind)));
      const version = definition.spec.versions[0];
      const schemas = [...all(version.schema.openAPIV3Schema, "")];

      it("is the resource that programs ask for", () => {
        const { kind: name, path, plural, namespaced } = resourceOf(kind.kind);
        expect({ name, path, plural, namespaced }).to.deep.equal({
          name: definition.spec.names.kind,
          path: `/apis/${definition.spec.group}/${version.name}`,
          plural: definition.spec.names.plural,
          namespaced: definition.spec.scope !== "Cluster",
        });
        expect(definition.metadata.name).to.equal(`${plural}.${definition.spec.group}`);
      });

      it("explains each field to kubectl", () => {
        for (const [path, schema] of schemas) {
          const named = !path.endsWith("[]") && !path.startsWith(".metadata");
          if (named) expect(schema.description, path).to.match(/^[A-Z].*[.)]$/);
        }
      });

      it("is structural: only keywords that the API server takes, and a type everywhere", () => {
        for (const [path, schema] of schemas) {
          expect(
            Object.keys(schema).filter((key) => !KEYWORDS.includes(key)),
            path,
          ).to.deep.equal([]);
          expect(schema.type, path).to.be.a("string");
        }
      });

      it("says of each list how it is merged", () => {
        for (const [path, schema] of schemas) {
          if (schema.type === "array") expect(schema["x-kubernetes-list-type"], path).to.be.a("string");
        }
      });

      it("asks for no field that is filled in: kubectl, which fills in nothing, would refuse it in a List", () => {
        for (const [path, schema] of schemas) {
          const required = (schema.required ?? []) as readonly string[];
          const properties = (schema.properties ?? {}) as Readonly<Record<string, Schema>>;
          const filledIn = required.filter((name) => properties[name]?.default !== undefined);
          expect(filledIn, path).to.deep.equal([]);
        }
      });

      it("has a status subresource if people write its spec", () => {
        expect(version.subresources).to.deep.equal(kind.spec === undefined ? undefined : { status: {} });
      });
    });
  }

  it("have different short names", () => {
    const names = KINDS.flatMap((kind) => [kind.shortName, kind.plural]);
    expect(new Set(names).size).to.equal(names.length);
  });
});

function definitionOf(file: string): object {
  const kind = KINDS.find((one) => file.endsWith(`_${one.plural}.yaml`));
  if (kind === undefined) throw new Error(`${file} is of no kind`);
  return customResourceDefinition(kind);
}

function resourceOf(kind: string): resources.Resource {
  const found = Object.values(resources).find((resource) => resource.kind === kind);
  if (found === undefined) throw new Error(`${kind} has no resource`);
  return found;
}
