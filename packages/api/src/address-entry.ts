import { type TString, Type } from "typebox";
import { faultRule, ipv4Number, literal, matches, quoted, validations } from "./cel.ts";

const AN_ENTRY = 'a CIDR such as "192.0.2.0/28", a range such as "192.0.2.10-192.0.2.20" or a single address';
const LEADING_ZERO = "has a leading zero; write its numbers without leading zeros";

/** Characters that editors and web pages slip in: code point in hexadecimal, and name. */
const ODD_CHARACTERS = [
  ["2010", "hyphen"],
  ["2011", "non-breaking hyphen"],
  ["2013", "en dash"],
  ["2014", "em dash"],
  ["2212", "minus sign"],
  ["00a0", "no-break space"],
  ["200b", "zero-width space"],
  ["feff", "byte order mark"],
] as const;

/** CEL text: the value in double quotes, then `rest`. */
const self = (rest: string): string => `${quoted("self")} + ${literal(` ${rest}`)}`;

const oddName = ODD_CHARACTERS.map(
  ([code, name]) => `self.contains('\\u${code}') ? 'U+${code.toUpperCase()} (${name})' : `,
).join("");
const oddFault = `${quoted("self")} + ' contains ' + (${oddName}'a character that is not plain text')
    + '; write a plain "-" between the two addresses of a range and remove invisible characters'`;

const ADDRESS = "self.substring(0, self.indexOf('/'))";
const LENGTH = "self.substring(self.indexOf('/') + 1)";
const cidrFault = `self.contains('-') ? ${self("is both a CIDR and a range; write one of the two")}
    : isCIDR(${ADDRESS}.trim() + '/' + ${LENGTH}.trim()) ? ''
    : ${matches(ADDRESS, "^[0-9. \\t]*\\b0[0-9]")} ? ${self(LEADING_ZERO)}
    : ${self('is not a CIDR; write an address, "/" and a length from 0 to 32 (IPv4) or 128 (IPv6), such as "192.0.2.0/28"')}`;

/** What is wrong with the CEL text `part`, one address of an entry. */
const addressFault = (part: string): string => `${quoted(part)} + (
      ${matches(part, "^[0-9]+([.][0-9]+){3}$")} ? (${matches(part, "\\b0[0-9]")}
        ? ${literal(` ${LEADING_ZERO}`)} : ' is not an IPv4 address: one of its numbers is above 255')
      : ${part}.contains('%') ? ' has a zone; remove the part from "%" on'
      : ${matches(part, "^::[fF]{4}:[0-9.]+$")} ? ' is an IPv4-mapped IPv6 address; write the IPv4 address'
      : ${literal(` is not an IP address; write ${AN_ENTRY}`)})`;

const FIRST = "self.substring(0, self.indexOf('-')).trim()";
const LAST = "self.substring(self.indexOf('-') + 1).trim()";

/**
 * Whether the range runs backward, where that can be told: IPv4, and IPv6 of which only the last group differs. The
 * others are told by a condition (see validation/ip-address-pool.ts): texts of IPv6 cannot be compared at a bounded cost.
 */
const head = (text: string): string => `${text}.substring(0, ${text}.lastIndexOf(':')).lowerAscii()`;
const tail = (text: string): string =>
  `('0000' + ${text}.substring(${text}.lastIndexOf(':') + 1).lowerAscii())`;
const tailDigits = (text: string): string => `${tail(text)}.substring(${tail(text)}.size() - 4)`;
const backward = `ip(${FIRST}).family() == 4
    ? ${ipv4Number(FIRST)}
      > ${ipv4Number(LAST)}
    : !self.contains('.') && ${head(FIRST)} == ${head(LAST)}
      && ${tailDigits(FIRST)} > ${tailDigits(LAST)}`;

const rangeFault = `self.indexOf('-') != self.lastIndexOf('-') ? ${self('has more than one "-"; write a range as "first-last"')}
    : !isIP(${FIRST}) ? ${addressFault(FIRST)}
    : !isIP(${LAST}) ? ${addressFault(LAST)}
    : ip(${FIRST}).family() != ip(${LAST}).family() ? ${self("mixes IPv4 and IPv6; give each family a range of its own")}
    : (${backward}) ? ${quoted("self")} + ' runs backward; write "' + ${LAST} + '-' + ${FIRST} + '"'
    : ''`;

const fault = `!${matches("self", "^[\\t -~]*$")} ? ${oddFault}
  : self.trim() == '' ? ${literal(`is empty; write ${AN_ENTRY}`)}
  : self.contains('/') ? (${cidrFault})
  : self.contains('-') ? (${rangeFault})
  : isIP(self.trim()) ? ''
  : ${addressFault("self.trim()")}`;

/** The schema of one entry of an address list: a CIDR, a range or one address, with blanks around each part. */
export const addressEntrySchema: TString = Type.String({
  maxLength: 100,
  ...validations(faultRule(fault, `is not an entry of an address list; write ${AN_ENTRY}`)),
});
