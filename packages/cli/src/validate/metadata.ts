import { objectName } from "@fairlead/api/names.ts";
import type { Finding } from "../finding.ts";
import type { SchemaChecker } from "../schema/check.ts";
import { misspelledMetadata } from "../schema/kubernetes-fields.ts";
import { isJsonObject } from "../source/json.ts";
import type { LocatedObject } from "../source/located-object.ts";

const NAME = ["metadata", "name"];
const NAME_SCHEMA = objectName();

/** What is wrong in the metadata of an object, of whatever kind. */
export function judgeMetadata(object: LocatedObject, checker: SchemaChecker): readonly Finding[] {
  const misspelled = misspelledMetadata(object.at(["metadata"]));
  const findings = misspelled.map(({ path, part, message }) => object.finding("error", path, message, part));
  const named = misspelled.some(({ meant }) => meant?.join() === NAME.join());
  return [...findings, ...(named ? [] : judgeName(object, checker)), ...judgeTexts(object)];
}

function judgeName(object: LocatedObject, checker: SchemaChecker): readonly Finding[] {
  const name = object.at(NAME);
  if (name === undefined || name === null || name === "") {
    return [object.finding("error", NAME, "metadata.name is missing; write a name", "key")];
  }
  return checker.checkValue(NAME_SCHEMA, name).map(({ message }) => object.finding("error", NAME, message));
}

/** YAML takes `yes` and `10` for a boolean and a number; labels and annotations are text. */
function judgeTexts(object: LocatedObject): readonly Finding[] {
  return ["labels", "annotations"].flatMap((field) => {
    const texts = object.at(["metadata", field]);
    if (!isJsonObject(texts)) return [];
    return Object.entries(texts)
      .filter(([, value]) => typeof value !== "string" && value !== null)
      .map(([key, value]) => {
        const message = `${JSON.stringify(value)} is no text; put it in quotes`;
        return object.finding("error", ["metadata", field, key], message);
      });
  });
}
