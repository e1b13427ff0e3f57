import { type Check, pass, skip, warn } from '../check.ts';

const LEAST = { columns: 60, rows: 16 };

export const terminal: Check = {
  id: 'terminal',
  stretch: 'machine',
  title: 'the terminal, for rtd chat',
  run: async ({ terminal: { isTerminal, columns = 0, rows = 0, colours }, env, platform }) => {
    if (!isTerminal) return skip('Standard output is no terminal: rtd chat would write plain lines here.');
    const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || '';
    const utf8 = platform === 'win32' || platform === 'darwin' || /utf-?8/i.test(locale);
    const size = `${columns} x ${rows}`;
    const evidence = {
      asked: 'size, TERM, locale',
      answered: `${size}, TERM=${env.TERM ?? ''}, ${locale === '' ? 'no locale' : locale}, ${colours ? 'colours' : 'no colours'}`,
    };
    if (env.TERM === 'dumb') {
      return warn(evidence, 'This terminal can only write lines.', 'rtd chat --plain');
    }
    if (columns < LEAST.columns || rows < LEAST.rows) {
      return warn(
        evidence,
        `The screen is small: ${LEAST.columns} x ${LEAST.rows} show everything.`,
        'rtd chat --plain',
      );
    }
    if (!utf8) {
      return warn(evidence, 'The locale is not UTF-8: lines and letters may look wrong.', 'export LANG=C.UTF-8');
    }
    return pass(evidence, 'The terminal client can draw here.');
  },
};
