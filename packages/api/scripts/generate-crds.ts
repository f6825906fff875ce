import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { crdFiles } from "../src/crd-files.ts";

const folder = fileURLToPath(new URL("../../../manifests/crds/", import.meta.url));
mkdirSync(folder, { recursive: true });
for (const [name, text] of crdFiles()) writeFileSync(`${folder}${name}`, text);
