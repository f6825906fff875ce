import { Audit, settled } from "../e2e/support/audit.ts";
import { withoutControllers } from "../e2e/support/without-controllers.ts";
import type { Lab } from "../lab/lab.ts";
import { Crowd } from "./crowd.ts";
import { clear, prepare } from "./ground.ts";
import { machineLoad } from "./machine-load.ts";
import { monotonicMs } from "./monotonic.ts";
import { Processes } from "./processes.ts";
import { REFERENCE } from "./reference.ts";
import { REQUESTS_HEAD, requestRows } from "./requests.ts";
import { between, SPREAD_HEAD, since, spread } from "./spread.ts";
import { type Row, tableText } from "./table.ts";

const SERVICES = 2_000;
const THEIRS = REFERENCE.burst;

/**
 * Many Services created at once, then deleted at once: how long until each has an address and is answered, and what that costs; with
 * addresses that are free at once when they are let go, and with those that wait for their Service to come back, which is the default.
 */
export async function benchBurst(lab: Lab): Promise<void> {
  await alone(lab);
  for (const releaseDelay of ["0s", "10m"]) {
    const title = `${SERVICES} Services at once, releaseDelay ${releaseDelay}`;
    console.log(`\n${title}: preparing`);
    await prepare(lab, { releaseDelay });
    const crowd = await Crowd.open(lab, "burst");
    try {
      await measure(lab, `${title}: created`, THEIRS.created, () => create(crowd));
      await measure(lab, `${title}: deleted`, THEIRS.deleted, () => remove(crowd));
    } finally {
      await crowd.close();
      await clear(lab);
    }
  }
}

/** How fast the API server takes the same creations and deletions while no controller of ours runs: what time there is to keep pace with. */
async function alone(lab: Lab): Promise<void> {
  const title = `${SERVICES} Services at once, without Fairlead's controllers`;
  console.log(`\n${title}: preparing`);
  await withoutControllers(lab, async () => {
    const crowd = await Crowd.open(lab, "alone");
    const load = machineLoad();
    const beganMs = monotonicMs();
    try {
      await crowd.create(SERVICES);
      const createdMs = monotonicMs();
      await crowd.remove();
      const courses = [...crowd.courses.values()];
      const rows = [
        spread("from the first creation: accepted", since(courses, beganMs, "acceptedMs")),
        spread("from the first deletion: accepted", since(courses, createdMs, "deletedMs")),
      ];
      console.log(tableText(title, [SPREAD_HEAD, ...rows]));
      console.log(`\n  ${load}`);
    } finally {
      await crowd.close();
    }
  });
  await clear(lab);
}

/** @returns the rows of times, with the reference's in the last column */
async function create(crowd: Crowd): Promise<readonly Row[]> {
  const beganMs = monotonicMs();
  await Promise.all([crowd.create(SERVICES), crowd.answered()]);
  const courses = [...crowd.courses.values()];
  const { posted, addressed, addressedEach } = THEIRS.created;
  return [
    [...spread("from the first creation: accepted", since(courses, beganMs, "acceptedMs")), posted],
    [...spread("  has its address", since(courses, beganMs, "addressedMs")), addressed],
    [...spread("  is answered", since(courses, beganMs, "answeredMs")), ""],
    [...spread("from its acceptance: VirtualIP made", between(courses, "acceptedMs", "recordedMs")), ""],
    [...spread("  has its address", between(courses, "acceptedMs", "addressedMs")), addressedEach],
    [...spread("  is answered", between(courses, "acceptedMs", "answeredMs")), ""],
  ];
}

async function remove(crowd: Crowd): Promise<readonly Row[]> {
  const beganMs = monotonicMs();
  await Promise.all([crowd.remove(), crowd.silent()]);
  const courses = [...crowd.courses.values()];
  return [
    [...spread("from the first deletion: accepted", since(courses, beganMs, "deletedMs")), ""],
    [...spread("  VirtualIP gone or released", since(courses, beganMs, "releasedMs")), ""],
    [...spread("  nobody answers", since(courses, beganMs, "silentMs")), THEIRS.deleted.silent],
    [...spread("from its acceptance: nobody answers", between(courses, "deletedMs", "silentMs")), ""],
  ];
}

interface Theirs {
  readonly requests: string;
  readonly controller: string;
  readonly speaker: string;
}

async function measure(
  lab: Lab,
  title: string,
  theirs: Theirs,
  run: () => Promise<readonly Row[]>,
): Promise<void> {
  const load = machineLoad();
  const [audit, processes] = [new Audit(lab), await Processes.begin(lab)];
  const times = await run();
  await settled(lab);
  const requests = requestRows(audit, SERVICES).map((row, i) => [...row, i === 0 ? theirs.requests : ""]);
  const programs = processes
    .rows()
    .map((row) => [...row, row[0] === "speaker" ? theirs.speaker : theirs.controller]);
  console.log(tableText(title, [[...SPREAD_HEAD, REFERENCE.head], ...times]));
  console.log(tableText("", [[...REQUESTS_HEAD, REFERENCE.head], ...requests]));
  console.log(tableText("", [["program", "CPU", "peak RSS", REFERENCE.head], ...programs]));
  console.log(`\n  ${load}; CPU seconds of the whole machine: ${processes.machine()}`);
}
