/** Headers on the command line: `--header name:value`, as often as wanted. */
import { custom } from '@oclif/core/flags';
import { UsageError } from '../failure.ts';
import type { HeaderList } from '../wire/http-head.ts';

/** A flag of headers as `name:value`, in the order given; a header cannot be smuggled in with a line break. */
export const headerFlag = custom<readonly [string, string]>({
  helpValue: 'NAME:VALUE',
  multiple: true,
  parse: (text, _context, flag) => {
    const colon = text.indexOf(':');
    if (colon > 0 && !/[\r\n\0]/.test(text)) {
      return Promise.resolve([text.slice(0, colon), text.slice(colon + 1).trimStart()] as const);
    }
    return Promise.reject(
      new UsageError(`--${flag.name} takes a header such as passcode:guest, not "${text.slice(0, 80)}".`),
    );
  },
});

/** A flag of headers: nothing, several, or one where it comes from its environment variable. */
export type HeaderFlag = HeaderList | readonly [string, string] | undefined;

/** The headers of such a flag. */
export function headersIn(flag: HeaderFlag): HeaderList {
  if (flag === undefined) return [];
  return isHeader(flag) ? [flag] : flag;
}

function isHeader(flag: HeaderList | readonly [string, string]): flag is readonly [string, string] {
  return typeof flag[0] === 'string';
}
