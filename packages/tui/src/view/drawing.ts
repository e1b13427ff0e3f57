/** What every drawing function needs besides its data. */
import { type SafeTextOptions, safeName, safeText } from '../safe-text.ts';
import type { LocalTime } from './local-time.ts';
import type { Glyphs, Theme } from './theme.ts';

export interface Drawing {
  readonly glyphs: Glyphs;
  readonly nameColors: number;
  readonly time: LocalTime;
  /** {@link safeText} with this theme's way of showing. */
  text(raw: string, options?: Pick<SafeTextOptions, 'lines'>): string;
  /** {@link safeName} with this theme's way of showing. */
  name(raw: string): string;
}

export function createDrawing(theme: Theme, time: LocalTime): Drawing {
  const { ascii, glyphs, nameColors } = theme;
  return {
    glyphs,
    nameColors,
    time,
    text: (raw, options = {}) => safeText(raw, { ...options, ascii }),
    name: (raw) => safeName(raw, { ascii }),
  };
}
