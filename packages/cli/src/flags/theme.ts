/** Which colours the screen takes: the same flag for each command that opens one. */
import { option } from '@oclif/core/flags';

export const themeFlag = option({
  description:
    'colours for a dark or a light background; auto asks the terminal [default: as /theme kept it, else auto]',
  options: ['auto', 'dark', 'light'] as const,
  env: 'RTD_THEME',
});
