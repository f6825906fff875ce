import { isNested, type Path } from "../source/path.ts";
import { RuleChecker } from "./broken-rules.ts";
import type { Fault } from "./fault.ts";
import { type Schema, schemasOfKinds } from "./schema.ts";
import { unknownFields } from "./unknown-fields.ts";
import { wrongValues } from "./wrong-values.ts";

/** What the API server would say against objects of our kinds, without an API server. */
export class SchemaChecker {
  readonly #schemas = schemasOfKinds();
  readonly #rules = new RuleChecker();

  /** The names of the kinds that can be checked. */
  get kinds(): readonly string[] {
    return [...this.#schemas.keys()];
  }

  /**
   * What is wrong in an object of this kind, `metadata` and `status` left out.
   *
   * @param told fields of which something is told already: nothing more is said of them
   */
  check(kind: string, object: object, told: readonly Path[]): readonly Fault[] {
    const schema = this.#schemas.get(kind);
    if (schema === undefined) throw new TypeError(`there is no kind ${kind}`);
    const judged = withoutMetadata(schema);
    const faults: Fault[] = [...unknownFields(judged, object)];
    const meant = faults.flatMap(({ meant }) => (meant === undefined ? [] : [meant]));
    const add = (more: readonly Fault[]): void => {
      const before = [...told, ...meant, ...faults.map(({ path }) => path)];
      faults.push(...more.filter(({ path }) => !before.some((one) => isNested(one, path))));
    };
    const wrong = wrongValues(judged, object);
    add(wrong);
    const paths = wrong.map(({ path }) => path);
    add(this.#rules.broken(schema, object, paths));
    return faults;
  }

  /** What is wrong with one value. */
  checkValue(schema: Schema, value: unknown): readonly Fault[] {
    const wrong = wrongValues(schema, value);
    return wrong.length > 0 ? wrong : this.#rules.broken(schema, value, []);
  }
}

/** Metadata is the same for all kinds and checked elsewhere; a status pasted in with a dump is ignored on writing. */
function withoutMetadata(schema: Schema): Schema {
  return { ...schema, properties: { ...schema.properties, metadata: {}, status: {} } };
}
