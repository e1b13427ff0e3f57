/** Completion for fish, with descriptions. */
import { type CompletionSpec, pairsOf, wordsOf } from './completion-spec.ts';

/** The script; `bin` is the program's name. */
export function fishCompletion(spec: CompletionSpec, bin: string): string {
  const lines: string[] = [];
  for (const [first, below] of wordsOf(spec)) {
    for (const [word, summary] of below) {
      lines.push(`complete -c ${bin} -n ${isAt(bin, first)} -a ${word} -d ${quoted(summary)}`);
    }
  }
  for (const { words, options, values } of spec.commands) {
    const at = `complete -c ${bin} -n ${isAt(bin, words)}`;
    if (values.length > 0) lines.push(`${at} -a ${quoted(values.join(' '))}`);
    for (const { name, description, takes } of options) {
      const argument =
        takes === 'nothing'
          ? ''
          : takes === 'file'
            ? ' -r -F'
            : takes === 'text'
              ? ' -x'
              : ` -x -a ${quoted(takes.join(' '))}`;
      lines.push(`${at} -l ${name.slice(2)}${argument} -d ${quoted(description)}`);
    }
  }
  return `# Completion of ${bin} for fish: ${bin} completion fish | source
function __${bin}_command --description 'The command on the line so far'
  set -l words (commandline -opc)
  set -e words[1]
  switch "$words[1] $words[2]"
    case ${pairsOf(spec).map(quoted).join(' ')}
      echo "$words[1] $words[2]"
    case '*'
      echo "$words[1]"
  end
end
complete -c ${bin} -f
complete -c ${bin} -n ${isAt(bin, '')} -l version -d 'which it is'
complete -c ${bin} -n ${isAt(bin, '')} -l help -d 'all commands'
${lines.join('\n')}
`;
}

function isAt(bin: string, words: string): string {
  return `'test "$(__${bin}_command)" = "${words}"'`;
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
