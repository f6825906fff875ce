import { advertisement, type Manifest, pool, reservation, virtualIP } from "./objects.ts";

const V6_NAME = "2001-0db8-0010-0000-0000-0000-0000-0200";

const entry = (text: string) => pool("bad", { addresses: ["198.51.100.200", text] });
const selecting = (selector: object) => advertisement("bad", { nodeSelectors: [selector] });
const allocation = (serviceAllocation: object) =>
  pool("bad", { addresses: ["198.51.100.200"], serviceAllocation });

const lan = (spec: object) => pool("bad", { addresses: ["198.51.100.0/24"], ...spec });
const kept = (spec: object) => reservation("198.51.100.200", { address: "198.51.100.200", ...spec });
const CLAIM = { namespace: "web", name: "shop" };
const NOW = "2026-01-01T00:00:00Z";

/** Each wrong field, and what kubectl prints of it. */
export const REFUSED: readonly [string, Manifest, string][] = [
  [
    "a pool without addresses",
    pool("bad", { addresses: [] }),
    'spec.addresses: Invalid value: lists no address; write at least one CIDR such as "192.0.2.0/28" or range such as "192.0.2.10-192.0.2.20"',
  ],
  ["a pool with a null list", pool("bad", { addresses: null }), "spec.addresses: Required value"],
  [
    "a pool with text for a list",
    pool("bad", { addresses: "198.51.100.200" }),
    "spec.addresses in body must be of type array",
  ],
  ["an empty entry", entry(""), 'spec.addresses[1]: Invalid value: "": is empty; write a CIDR such as'],
  ["an entry that is no address", entry("lan"), '"lan" is not an IP address; write a CIDR such as'],
  [
    "a number above 255",
    entry("198.51.100.250-198.51.100.259"),
    'spec.addresses[1]: Invalid value: "198.51.100.250-198.51.100.259": "198.51.100.259" is not an IPv4 address: one of its numbers is above 255',
  ],
  [
    "a leading zero",
    entry("198.51.100.010"),
    '"198.51.100.010" has a leading zero; write its numbers without',
  ],
  ["a leading zero in a CIDR", entry("198.51.100.010/30"), '"198.51.100.010/30" has a leading zero'],
  [
    "a length above 32",
    entry("198.51.100.0/33"),
    '"198.51.100.0/33" is not a CIDR; write an address, "/" and a length',
  ],
  [
    "a range backward",
    entry("198.51.100.20-198.51.100.10"),
    '"198.51.100.20-198.51.100.10" runs backward; write "198.51.100.10-198.51.100.20"',
  ],
  [
    "an IPv6 range backward",
    entry("2001:db8:10::10-2001:db8:10::9"),
    '"2001:db8:10::10-2001:db8:10::9" runs backward; write "2001:db8:10::9-2001:db8:10::10"',
  ],
  [
    "a range of two families",
    entry("198.51.100.1-2001:db8:10::1"),
    '"198.51.100.1-2001:db8:10::1" mixes IPv4 and IPv6; give each family a range of its own',
  ],
  [
    "a range of three",
    entry("198.51.100.1-198.51.100.2-198.51.100.3"),
    'has more than one "-"; write a range as "first-last"',
  ],
  [
    "a range of CIDRs",
    entry("198.51.100.0/25-198.51.100.128/25"),
    "is both a CIDR and a range; write one of the two",
  ],
  ["a zone", entry("2001:db8:10::203%eth0"), 'has a zone; remove the part from "%" on'],
  [
    "an IPv4-mapped address",
    entry("::ffff:198.51.100.200"),
    "is an IPv4-mapped IPv6 address; write the IPv4 address",
  ],
  [
    "the dash of a web page",
    entry("198.51.100.212\u2013198.51.100.213"),
    'contains U+2013 (en dash); write a plain "-" between the two addresses',
  ],
  ["an invisible blank", entry("198.51.100.212\u200b"), "contains U+200B (zero-width space)"],
  [
    "an entry twice",
    entry("198.51.100.200"),
    'spec.addresses: Invalid value: "198.51.100.200" is listed more than once; remove the others',
  ],
  [
    "more than 256 entries",
    pool("bad", { addresses: Array.from({ length: 257 }, (_, i) => `10.0.${i % 2}.${i >> 1}`) }),
    "spec.addresses: Too many: 257: must have at most 256 items",
  ],
  [
    "a misspelled field",
    pool("bad", { addresses: ["198.51.100.200"], autoassign: false }),
    'unknown field "spec.autoassign"',
  ],
  [
    "autoAssign as text",
    pool("bad", { addresses: ["198.51.100.200"], autoAssign: "no" }),
    'spec.autoAssign: Invalid value: "string": spec.autoAssign in body must be of type boolean',
  ],
  [
    "a negative priority",
    allocation({ priority: -1 }),
    "spec.serviceAllocation.priority in body should be greater than or equal to 0",
  ],
  [
    "a namespace that can be none",
    allocation({ namespaces: ["Web"] }),
    '"Web" is not a namespace name; write lower-case',
  ],
  [
    "a namespace twice",
    allocation({ namespaces: ["web", "web"] }),
    'spec.serviceAllocation.namespaces[1]: Duplicate value: "web"',
  ],
  [
    "a pool's selector without values",
    allocation({ namespaceSelectors: [{ matchExpressions: [{ key: "team", operator: "In" }] }] }),
    'spec.serviceAllocation.namespaceSelectors[0].matchExpressions[0]: Invalid value: operator In on "team" has no values; list at least one in values',
  ],
  [
    "In without values",
    selecting({ matchExpressions: [{ key: "zone", operator: "In", values: [] }] }),
    'spec.nodeSelectors[0].matchExpressions[0]: Invalid value: operator In on "zone" has no values; list at least one',
  ],
  [
    "Exists with values",
    selecting({ matchExpressions: [{ key: "zone", operator: "Exists", values: ["a"] }] }),
    'operator Exists on "zone" takes no values; remove values, or write In or NotIn',
  ],
  [
    "an unknown operator",
    selecting({ matchExpressions: [{ key: "zone", operator: "Near" }] }),
    'operator: Unsupported value: "Near": supported values: "In", "NotIn", "Exists", "DoesNotExist"',
  ],
  [
    "a label's key that can be none",
    selecting({ matchLabels: { "a zone": "a" } }),
    '"a zone" is not a label key; write a name such as "app" or "example.com/tier"',
  ],
  [
    "a label's value that can be none",
    selecting({ matchLabels: { zone: "-a" } }),
    '"-a" is not a label value; write at most 63 letters',
  ],
  [
    "an interface with a blank",
    advertisement("bad", { interfaces: ["eth 0"] }),
    'spec.interfaces[0]: Invalid value: "eth 0": "eth 0" is not an interface name; write it as "ip link" shows it',
  ],
  [
    "an interface name of 16 characters",
    advertisement("bad", { interfaces: ["sixteencharacter"] }),
    "in at most 15 characters",
  ],
  [
    "an interface twice",
    advertisement("bad", { interfaces: ["eth0", "eth0"] }),
    'spec.interfaces[1]: Duplicate value: "eth0"',
  ],
  [
    "a failback that can be none",
    advertisement("bad", { failback: "Soon" }),
    'spec.failback: Unsupported value: "Soon": supported values: "Never", "Immediate", "Quiet"',
  ],
  [
    "a time without Quiet",
    advertisement("bad", { failbackAfter: "5m" }),
    'spec.failbackAfter "5m" is for failback: Quiet, and failback is Never; write failback: Quiet',
  ],
  [
    "a pool that can be none",
    advertisement("bad", { ipAddressPools: ["LAN"] }),
    '"LAN" is not an object name; write lower-case',
  ],
  [
    "a pool twice",
    advertisement("bad", { ipAddressPools: ["lan", "lan"] }),
    'spec.ipAddressPools[1]: Duplicate value: "lan"',
  ],
  [
    "a weight above 100",
    advertisement("bad", { preferredNodeSelectors: [{ weight: 101, preference: {} }] }),
    "spec.preferredNodeSelectors[0].weight in body should be less than or equal to 100",
  ],
  [
    "a preference without weight",
    advertisement("bad", { preferredNodeSelectors: [{ preference: {} }] }),
    "spec.preferredNodeSelectors[0].weight: Required value",
  ],
  [
    "a VirtualIP under another address's name",
    virtualIP("198.51.100.201", "198.51.100.200"),
    'metadata.name: Invalid value: metadata.name "198.51.100.201" does not stand for spec.address "198.51.100.200"; write the address',
  ],
  [
    "an IPv6 VirtualIP under another address's name",
    virtualIP(V6_NAME, "2001:db8:10::201"),
    `metadata.name "${V6_NAME}" does not stand for spec.address "2001:db8:10::201"; write its eight groups`,
  ],
  [
    "a VirtualIP's address that is not canonical",
    virtualIP(V6_NAME, "2001:DB8:10::200"),
    '"2001:DB8:10::200" is not in canonical form; write IPv6 in lower case',
  ],
  ["a VirtualIP of no address", virtualIP("lan", "lan"), '"lan" is not an IP address'],
  [
    "a VirtualIP of a Service without namespace",
    virtualIP("198.51.100.200", "198.51.100.200", ["web"]),
    '"web" is not a Service; write namespace/name',
  ],
  ["disabled as text", lan({ disabled: "yes" }), "spec.disabled in body must be of type boolean"],
  [
    "an excluded address that is none",
    lan({ exclude: ["198.51.100.1", "router"] }),
    'spec.exclude[1]: Invalid value: "router": "router" is not an IP address; write a CIDR such as',
  ],
  [
    "an excluded range backward",
    lan({ exclude: ["198.51.100.20-198.51.100.10"] }),
    '"198.51.100.20-198.51.100.10" runs backward; write "198.51.100.10-198.51.100.20"',
  ],
  [
    "more than 256 exclusions",
    lan({ exclude: Array.from({ length: 257 }, (_, i) => `198.51.100.${i % 256}`) }),
    "spec.exclude: Too many: 257: must have at most 256 items",
  ],
  [
    "a quota of none",
    lan({ quota: { perNamespace: 0 } }),
    "spec.quota.perNamespace in body should be greater than or equal to 1",
  ],
  [
    "a quota as text",
    lan({ quota: { perNamespace: "5" } }),
    "spec.quota.perNamespace in body must be of type integer",
  ],
  [
    "a releaseDelay without unit",
    lan({ releaseDelay: "600" }),
    'spec.releaseDelay: Invalid value: "600": "600" is not a duration; write numbers with the units h, m, s or ms, such as "90s", "10m" or "1h30m", and "0s" for none',
  ],
  [
    "a releaseDelay as a number",
    lan({ releaseDelay: 600 }),
    "spec.releaseDelay in body must be of type string",
  ],
  [
    "another reclaimPolicy",
    lan({ reclaimPolicy: "Recycle" }),
    'spec.reclaimPolicy: Unsupported value: "Recycle": supported values: "Delete", "Retain"',
  ],
  [
    "another selection",
    lan({ selection: "Random" }),
    'spec.selection: Unsupported value: "Random": supported values: "FirstFree", "LeastRecentlyUsed"',
  ],
  [
    "another sharing",
    lan({ sharing: "Never" }),
    'spec.sharing: Unsupported value: "Never": supported values: "SameNamespace", "AcrossNamespaces"',
  ],
  [
    "another onInvalid",
    lan({ onInvalid: "Drop" }),
    'spec.onInvalid: Unsupported value: "Drop": supported values: "Keep", "Renumber"',
  ],
  ["a misspelled quota", lan({ quota: { pernamespace: 5 } }), 'unknown field "spec.quota.pernamespace"'],
  [
    "a VirtualIP for nobody",
    kept({}),
    "spec.claim: Invalid value: nobody holds the address and it is kept for nobody; write the namespace and name of a Service in spec.claim, or delete this VirtualIP",
  ],
  ["a claim without name", kept({ claim: { namespace: "web" } }), "spec.claim.name: Required value"],
  ["a claim without namespace", kept({ claim: { name: "shop" } }), "spec.claim.namespace: Required value"],
  [
    "a claim of a namespace that can be none",
    kept({ claim: { namespace: "Web", name: "shop" } }),
    'spec.claim.namespace: Invalid value: "Web": "Web" is not a namespace name; write lower-case',
  ],
  [
    "a claim whose name holds the namespace",
    kept({ claim: { namespace: "web", name: "web/shop" } }),
    'spec.claim.name: Invalid value: "web/shop": "web/shop" is not the name of a Service; write lower-case letters, digits and "-", without the namespace',
  ],
  [
    "a time of release without the Service that it waits for",
    kept({ releasedAt: NOW }),
    "spec.claim: Invalid value: spec.releasedAt says that the address waits for its former Service; write in spec.claim which one",
  ],
  [
    "a time of release beside a holder",
    kept({ releasedAt: NOW, claim: CLAIM, services: ["web/shop"] }),
    "spec.releasedAt: Invalid value: spec.releasedAt is for an address that nobody holds, and web/shop holds this one; remove spec.releasedAt",
  ],
  [
    "a time of release that is none",
    kept({ releasedAt: "yesterday", claim: CLAIM }),
    'spec.releasedAt in body must be of type date-time: "yesterday"',
  ],
  [
    "a reclaimPolicy of a VirtualIP that is none",
    kept({ claim: CLAIM, reclaimPolicy: "Recycle" }),
    'spec.reclaimPolicy: Unsupported value: "Recycle": supported values: "Delete", "Retain"',
  ],
];
