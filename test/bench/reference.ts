/**
 * The reference product, MetalLB (main of July 2026), by its own manifest in layer 2 mode, in a lab of this kind (three nodes, two shared
 * cores): taken elsewhere, so times that depend on the machine can only be compared roughly. Ranges are over several runs.
 */
export const REFERENCE = {
  head: "MetalLB elsewhere",
  burst: {
    created: {
      posted: "all 16-32",
      addressed: "all 62-79",
      addressedEach: "half 27-31",
      requests: "9.5-9.8",
      controller: "9-10 s, 106 MiB",
      speaker: "6-7.5 s, 107 MiB",
    },
    deleted: { silent: "all 13-16", requests: "2.2", controller: "", speaker: "" },
  },
  urgent: "160",
} as const;
