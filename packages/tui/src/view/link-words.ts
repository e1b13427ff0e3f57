/** A link's state in a word and a symbol, and why it is so where that helps. */
import type { LinkState } from '@rtd/client';
import type { Drawing } from './drawing.ts';
import { type Row, span, type Tone } from './style.ts';

/** `chat ● live`, `prices ◌ retry in 4s` */
export function linkRow(label: string, state: LinkState, now: number, drawing: Drawing): Row {
  const { glyph, word, tone } = wordsOf(state, now, drawing);
  return [span(`${label} `, 'dim'), span(`${glyph} ${word}`, tone)];
}

/** What keeps the link from working, for people; undefined while it works. */
export function linkTrouble(state: LinkState, drawing: Drawing): string | undefined {
  if (state.kind === 'waiting') return drawing.text(state.why);
  if (state.kind === 'refused') return drawing.text(state.error.message);
  return undefined;
}

function wordsOf(state: LinkState, now: number, { glyphs }: Drawing): { glyph: string; word: string; tone: Tone } {
  switch (state.kind) {
    case 'live':
      return { glyph: glyphs.live, word: 'live', tone: 'good' };
    case 'polling':
      return { glyph: glyphs.partly, word: 'polling', tone: 'warn' };
    case 'connecting':
      return { glyph: glyphs.trying, word: 'connecting', tone: 'warn' };
    case 'waiting': {
      const seconds = Math.max(0, Math.ceil((state.retryAt - now) / 1_000));
      return { glyph: glyphs.trying, word: seconds === 0 ? 'retrying' : `retry in ${seconds}s`, tone: 'warn' };
    }
    case 'offline':
      return { glyph: glyphs.off, word: 'offline', tone: 'dim' };
    case 'refused':
      return { glyph: glyphs.refused, word: 'refused', tone: 'bad' };
  }
}
