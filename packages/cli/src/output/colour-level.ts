/** Whether what is printed may have colours: on terminals that have them, unless somebody wants none (no-color.org). */
import { type ColorSupportLevel, supportsColor } from 'chalk';

/** Of standard output; 0 is none. */
export function colourLevel(env: NodeJS.ProcessEnv): ColorSupportLevel {
  if ((env.NO_COLOR ?? '') !== '' || supportsColor === false) return 0;
  return supportsColor.level;
}
