import { type TString, Type } from "typebox";
import { matches, quotingRule, validations } from "./cel.ts";

const LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";

/** The name of an object of ours or of a node (RFC 1123 subdomain). */
export function objectName(description?: string): TString {
  const fault = 'is not an object name; write lower-case letters, digits, "-" and "."';
  return named(253, `^${LABEL}([.]${LABEL})*$`, fault, description);
}

/** The name of a namespace (RFC 1123 label). */
export function namespaceName(description?: string): TString {
  const fault = 'is not a namespace name; write lower-case letters, digits and "-"';
  return named(63, `^${LABEL}$`, fault, description);
}

/** The name of a Service in its namespace (RFC 1123 label). */
export function serviceName(description?: string): TString {
  const fault =
    'is not the name of a Service; write lower-case letters, digits and "-", without the namespace';
  return named(63, `^${LABEL}$`, fault, description);
}

/**
 * The name of a network interface, as the kernel takes it (up to 15 bytes without blank, slash and colon), or a pattern of such
 * names with `*` and `?`; see name-pattern.ts in packages/net.
 */
export function interfacePattern(description?: string): TString {
  const fault =
    'is not an interface name; write it as "ip link" shows it, in at most 15 characters, without blanks, "/" and ":", or as a pattern such as "eth*"';
  return named(63, "^[^ /:\\t\\n\\r]{1,15}$", fault, description);
}

/** A Service as `namespace/name`. */
export function serviceKey(description?: string): TString {
  const fault = "is not a Service; write namespace/name";
  return named(317, `^${LABEL}/${LABEL}([.]${LABEL})*$`, fault, description);
}

/** A text that must match a pattern, refused with the text in quotes and a cure. */
function named(maxLength: number, pattern: string, fault: string, description: string | undefined): TString {
  return Type.String({
    maxLength,
    ...(description === undefined ? {} : { description }),
    ...validations(quotingRule(matches("self", pattern), "self", fault)),
  });
}
