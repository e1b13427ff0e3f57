/** Names and ids as people type them. */
import { UsageError } from '../failure.ts';

/** What is needed of a schema of an id or a name. */
interface NameSchema<Name> {
  safeParse(text: string): { success: true; data: Name } | { success: false };
}

/** @throws UsageError that names the flag */
export function nameIn<Name>(schema: NameSchema<Name>, text: string, flag: string): Name {
  const parsed = schema.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new UsageError(`--${flag} takes a name of 1 to 64 letters, digits or . _ - : @, not "${text.slice(0, 80)}".`);
}
