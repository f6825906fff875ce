import type { IPAddressPool } from "@fairlead/api/ip-address-pool.ts";
import { readPool } from "@fairlead/controller/allocation/pool.ts";
import type { Finding } from "../finding.ts";
import { SchemaChecker } from "../schema/check.ts";
import type { LocatedObject } from "../source/located-object.ts";
import { readObjects } from "../source/read-objects.ts";
import { decodeText } from "../source/text.ts";
import { type FileService, type KnownPools, repeatedObjects, unknownPools, unmetRequests } from "./across.ts";
import { outOfBounds } from "./bounds.ts";
import { coverageOf } from "./coverage.ts";
import { judgeOwn, placeholderIn } from "./judge-own.ts";
import { judgeService } from "./judge-service.ts";
import { type FilePool, overlaps } from "./overlaps.ts";
import { recognize } from "./recognize.ts";
import type { Report } from "./report.ts";
import { asKind } from "./typed.ts";

/** A file as it was read. */
export interface FileBytes {
  /** As the user named it, for messages. */
  readonly file: string;
  readonly bytes: Uint8Array;
}

/**
 * What is wrong in the files, what is to be known about them, and what their pools cover. Never throws, whatever they hold.
 *
 * @param checker to be given by who validates more than once: it keeps the rules that it has parsed
 */
export function validate(files: readonly FileBytes[], checker = new SchemaChecker()): Report {
  return new Validation(checker).of(files).report;
}

/** The pools of the files, and what is to be said about all that is in them. */
export function readPools(files: readonly FileBytes[]): {
  readonly report: Report;
  readonly pools: readonly IPAddressPool[];
} {
  return new Validation(new SchemaChecker()).of(files);
}

/** Files in which more is found are not read to the end. */
const MOST_FINDINGS = 10_000;

/** Collects what the files hold; what concerns several objects is judged when all have been read. */
class Validation {
  readonly #checker: SchemaChecker;
  readonly #findings: Finding[] = [];
  readonly #objects: LocatedObject[] = [];
  readonly #pools: FilePool[] = [];
  /** Names of pools with placeholders in them. */
  readonly #unread: string[] = [];
  readonly #advertisements: LocatedObject[] = [];
  readonly #services: FileService[] = [];
  readonly #skipped = new Map<string, number>();

  constructor(checker: SchemaChecker) {
    this.#checker = checker;
  }

  of(files: readonly FileBytes[]): { readonly report: Report; readonly pools: readonly IPAddressPool[] } {
    for (const file of files) this.#file(file);
    this.#judgeTogether();
    const order = new Map(files.map(({ file }, i) => [file, i]));
    const place = ({ file }: Finding): number => order.get(file) ?? 0;
    const findings = this.#findings.sort(
      (a, b) => place(a) - place(b) || a.line - b.line || a.column - b.column,
    );
    const pools = this.#pools.map(({ object, pool, position }) => ({
      file: object.file,
      position,
      object: object.named(),
      families: coverageOf(pool),
    }));
    const skipped = new Map([...this.#skipped].sort(([a], [b]) => (a < b ? -1 : 1)));
    const report = { findings, pools, checked: this.#objects.length, skipped };
    return { report, pools: this.#pools.map(({ object }) => asKind<IPAddressPool>(object)) };
  }

  #file({ file, bytes }: FileBytes): void {
    const decoded = decodeText(bytes);
    const tell = (severity: Finding["severity"], line: number, message: string): void => {
      this.#findings.push({ severity, file, line, column: 1, message });
    };
    if (!decoded.ok) {
      tell("error", decoded.error.line, decoded.error.message);
      return;
    }
    if (decoded.value.note !== undefined) tell("note", 1, decoded.value.note);
    for (const found of readObjects(file, decoded.value.text)) {
      if (this.#findings.length >= MOST_FINDINGS) {
        const { line } = "finding" in found ? found.finding : found.object.position([]);
        tell(
          "error",
          line,
          `more than ${MOST_FINDINGS} things were found; the file is not judged from here on`,
        );
        return;
      }
      if ("finding" in found) this.#findings.push(found.finding);
      else this.#object(found.object);
    }
  }

  #object(object: LocatedObject): void {
    const recognized = recognize(object, this.#checker.kinds);
    switch (recognized.as) {
      case "ours":
        this.#add(recognized.findings);
        if (this.#isTooLarge(recognized.object)) return;
        this.#own(recognized.object, recognized.kind);
        break;
      case "service":
        if (!this.#isTooLarge(object)) this.#service(object);
        break;
      case "unusable":
        this.#objects.push(object);
        this.#findings.push(recognized.finding);
        break;
      case "foreign":
        this.#skip(recognized.kind);
        break;
    }
  }

  #own(object: LocatedObject, kind: string): void {
    this.#objects.push(object);
    const placeholder = placeholderIn(object);
    if (placeholder !== undefined) {
      this.#findings.push(placeholder);
      if (kind === "IPAddressPool") this.#unread.push(object.name ?? "");
      return;
    }
    this.#add(judgeOwn(object, kind, this.#checker));
    if (kind === "IPAddressPool")
      this.#pools.push({
        object,
        pool: readPool(asKind<IPAddressPool>(object)),
        position: object.position([]),
      });
    if (kind === "L2Advertisement") this.#advertisements.push(object);
  }

  #service(object: LocatedObject): void {
    const judged = judgeService(object, this.#checker);
    if (judged === undefined) {
      this.#skip("Service");
      return;
    }
    const { request, findings } = judged;
    this.#objects.push(object);
    this.#add(findings);
    if (request !== undefined) this.#services.push({ object, request });
  }

  #isTooLarge(object: LocatedObject): boolean {
    const path = outOfBounds(object.value);
    if (path === undefined) return false;
    this.#objects.push(object);
    const message = "there is more here than an object of Kubernetes can hold; the object is not judged";
    this.#findings.push(object.finding("error", path, message));
    return true;
  }

  #add(findings: readonly Finding[]): void {
    for (const finding of findings) this.#findings.push(finding);
  }

  #skip(kind: string): void {
    this.#skipped.set(kind, (this.#skipped.get(kind) ?? 0) + 1);
  }

  #judgeTogether(): void {
    const pools: KnownPools = new Map([
      ...this.#unread.map((name) => [name, undefined] as const),
      ...this.#pools.map(({ pool }) => [pool.name, pool] as const),
    ]);
    this.#add(repeatedObjects(this.#objects));
    this.#add(overlaps(this.#pools));
    for (const object of this.#advertisements) this.#add(unknownPools(object, pools));
    // Without pools the files say nothing about what can be had.
    if (pools.size > 0) for (const one of this.#services) this.#add(unmetRequests(one, pools));
  }
}
