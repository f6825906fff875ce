/**
 * One entry of `x-kubernetes-validations`: a CEL expression that the API server evaluates on each write. Only functions
 * that every supported API server has are used (Kubernetes 1.31: strings, lists, regular expressions, ip, cidr). What a
 * rule may cost is estimated from `maxLength` and `maxItems`; elements of a list made by `split` or `map` have no bound,
 * so texts are taken apart with `substring`.
 */
export interface Rule {
  /** True when the value is right. `self` is the value that carries the rule, `oldSelf` what it was before. */
  readonly rule: string;
  /** What is wrong and what to do. */
  readonly message: string;
  /** The same, quoting the value: CEL that gives text. */
  readonly messageExpression?: string;
  /** The field of `self` that is at fault, if it is not `self`. */
  readonly fieldPath?: string;
}

/** The schema option that carries rules. */
export function validations(...rules: readonly Rule[]): {
  readonly "x-kubernetes-validations": readonly Rule[];
} {
  return { "x-kubernetes-validations": rules };
}

/** A rule whose message is the value in double quotes and what is wrong with it. `value` is CEL text. */
export function quotingRule(rule: string, value: string, fault: string): Rule {
  return { rule, messageExpression: `${quoted(value)} + ${literal(` ${fault}`)}`, message: fault };
}

/**
 * A rule made of one expression that gives the fault in words, or "" when there is none: exactly one fault is told of
 * each value. `message` is for the case that the expression cannot be evaluated.
 */
export function faultRule(fault: string, message: string): Rule {
  return { rule: `(${fault}) == ''`, messageExpression: fault, message };
}

/** A CEL string literal in single quotes. */
export function literal(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}

/** CEL text of `expression` in double quotes. */
export function quoted(expression: string): string {
  return `'"' + ${expression} + '"'`;
}

/** CEL: whether the string `expression` matches the regular expression (RE2). */
export function matches(expression: string, pattern: string): string {
  return `${expression}.matches(${literal(pattern)})`;
}

/** CEL: the number that a valid IPv4 address stands for. */
export function ipv4Number(address: string): string {
  const dots = [
    `${address}.indexOf('.')`,
    `${address}.indexOf('.', ${address}.indexOf('.') + 1)`,
    `${address}.lastIndexOf('.')`,
  ];
  const number = (from: string, to?: string): string =>
    `int(${address}.substring(${to === undefined ? from : `${from}, ${to}`}))`;
  return [
    `${number("0", dots[0])} * 16777216`,
    `${number(`${dots[0]} + 1`, dots[1])} * 65536`,
    `${number(`${dots[1]} + 1`, dots[2])} * 256`,
    number(`${dots[2]} + 1`),
  ].join(" + ");
}
