/** Completion for zsh, with descriptions. */
import { type CompletionSpec, pairsOf, wordsOf } from './completion-spec.ts';

/** Of the program itself. */
const PROGRAM_OPTIONS = [
  ['--help', 'all commands'],
  ['--version', 'which it is'],
] as const;

/** The script; `bin` is the program's name. It may be evaluated, or kept as `_rtd` in a folder of `fpath`. */
export function zshCompletion(spec: CompletionSpec, bin: string): string {
  const words = wordsOf(spec);
  const values = spec.commands.flatMap(({ words: command, options }) =>
    options.flatMap(({ name, description, takes }) => {
      if (takes === 'nothing') return [];
      const reply =
        takes === 'file'
          ? '_files'
          : takes === 'text'
            ? `_message ${quoted(description)}`
            : `items=(${takes.map(quoted).join(' ')}); _describe value items`;
      return [`    ('${command} ${name}') ${reply}; return ;;`];
    }),
  );
  const names = new Set([...words.keys(), ...spec.commands.map((command) => command.words)]);
  const candidates = [...names].map((name) => {
    const command = spec.commands.find((each) => each.words === name);
    const options =
      name === ''
        ? PROGRAM_OPTIONS
        : (command?.options ?? []).map(({ name: option, description }) => [option, description] as const);
    const rows = [
      ...(words.get(name) ?? []),
      ...(command?.values ?? []).map((value) => [value, ''] as const),
      ...options,
    ];
    return `    ('${name}') items=(${rows.map(([word, text]) => item(word, text)).join(' ')}) ;;`;
  });
  return `#compdef ${bin}
# Completion of ${bin} for zsh: eval "$(${bin} completion zsh)" behind compinit
_${bin}() {
  local command= prev="\${words[CURRENT-1]}"
  local -a items
  # --option=value: what is completed is the value.
  if compset -P '--*='; then prev="\${IPREFIX%=}"; fi
  if (( CURRENT > 2 )); then command="\${words[2]}"; fi
  if (( CURRENT > 3 )); then
    case "\${words[2]} \${words[3]}" in
      (${pairsOf(spec)
        .map((pair) => `'${pair}'`)
        .join('|')}) command="\${words[2]} \${words[3]}" ;;
    esac
  fi
  case "$command $prev" in
${values.join('\n')}
  esac
  case "$command" in
${candidates.join('\n')}
  esac
  _describe ${bin} items
}
if [[ "\${funcstack[1]}" == _${bin} ]]; then _${bin} "$@"; else compdef _${bin} ${bin}; fi
`;
}

function item(word: string, text: string): string {
  return quoted(text === '' ? word : `${word}:${text.replaceAll(':', '\\:')}`);
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
