import { type TUnsafe, Type } from "typebox";

/** A string that is one of `values`. */
export function enumeration<const Value extends string>(
  values: readonly Value[],
  options: Record<string, unknown>,
): TUnsafe<Value> {
  return Type.Unsafe<Value>({ type: "string", enum: [...values], ...options });
}

/** A moment as the API server writes it (RFC 3339). */
export function timestamp(description: string): TUnsafe<string> {
  return Type.Unsafe<string>({ type: "string", format: "date-time", description });
}
