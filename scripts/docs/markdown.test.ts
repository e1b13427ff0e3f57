import { expect, test } from 'vitest';
import { readPage } from './markdown.ts';

const page = readPage(`# What \`rtd doctor\` finds: it all

See [there](other.md#part) and [here](#twice-1), with \`--url\`.

## Twice
## Twice

\`\`\`sh
npx rtd send "hi"   # a comment
curl -X POST \\
  -d '{"a": "#1"}'

# only a comment
\`\`\`

\`\`\`
[no link](nowhere.md) and \`no code\`
\`\`\`
`);

test('headings are reached as GitHub names them', () => {
  expect([...page.anchors]).toEqual(['what-rtd-doctor-finds-it-all', 'twice', 'twice-1']);
});

test('links and inline code, of the text alone', () => {
  expect(page.links).toEqual([
    { line: 3, text: 'other.md#part' },
    { line: 3, text: '#twice-1' },
  ]);
  expect(page.code.map((found) => found.text)).toEqual(['rtd doctor', '--url']);
});

test('commands of sh blocks: without comments, those over several lines as one', () => {
  expect(page.shell).toEqual([
    { line: 9, text: 'npx rtd send "hi"  ' },
    { line: 10, text: 'curl -X POST   -d \'{"a": "#1"}\'' },
  ]);
});
