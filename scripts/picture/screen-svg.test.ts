import xterm from '@xterm/headless';
import { describe, expect, it } from 'vitest';
import { screenSvg } from './screen-svg.ts';

async function pictureOf(bytes: string, cursor = false): Promise<string> {
  const terminal = new xterm.Terminal({ cols: 20, rows: 3, allowProposedApi: true });
  await new Promise<void>((resolve) => terminal.write(bytes, resolve));
  return screenSvg(terminal, { title: 'a & b', description: 'what "it" shows', cursor });
}

describe('a picture of a screen', () => {
  it('has the words, escaped, in their colours', async () => {
    const svg = await pictureOf('\x1b[38;2;1;2;255mblue\x1b[0m <b>&');
    expect(svg).toMatch(/fill="#0102ff">blue<\/text>/);
    expect(svg).toContain('&lt;b&gt;&amp;</text>');
    expect(svg).not.toContain('<b>');
    expect(svg).toContain('aria-label="what &quot;it&quot; shows"');
  });

  it('keeps each word at its column, whatever the font', async () => {
    const svg = await pictureOf('ab cd');
    const xs = [...svg.matchAll(/<text x="([\d.]+)" y="[\d.]+" textLength="([\d.]+)"/g)].map(([, x, length]) => [
      x,
      length,
    ]);
    // 14 of padding, 8.4 a column.
    expect(xs).toEqual([
      ['14', '16.8'],
      ['39.2', '16.8'],
    ]);
  });

  it('tells bold and 256 colours', async () => {
    const svg = await pictureOf('\x1b[1;38;5;196mred');
    expect(svg).toMatch(/fill="#ff0000" font-weight="700">red/);
  });

  it('draws lines, bars and dots as shapes', async () => {
    const svg = await pictureOf('─█⠁');
    expect(svg).not.toMatch(/[─█⠁]/);
    expect(svg.match(/<path d="M14 /)).not.toBeNull();
    // One dot for the one bit that is set, besides the three of the window.
    expect(svg.match(/<circle/g)?.length).toBe(4);
  });

  it('shows the cursor where it is, on request', async () => {
    const rects = (svg: string): number => svg.match(/<rect/g)?.length ?? 0;
    expect(rects(await pictureOf('ab', true))).toBe(rects(await pictureOf('ab')) + 1);
  });
});
