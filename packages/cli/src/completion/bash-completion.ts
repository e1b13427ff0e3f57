/** Completion for bash, 3.2 (macOS) and newer. */
import { type CompletionSpec, pairsOf, wordsOf } from './completion-spec.ts';

/** The script; `bin` is the program's name. */
export function bashCompletion(spec: CompletionSpec, bin: string): string {
  const words = wordsOf(spec);
  const values = spec.commands.flatMap(({ words: command, options }) =>
    options.flatMap(({ name, takes }) => {
      if (takes === 'nothing') return [];
      const reply =
        takes === 'file'
          ? 'COMPREPLY=( $(compgen -f -- "$cur") ); return'
          : takes === 'text'
            ? 'return'
            : wordList(takes);
      return [`    '${command} ${name}') ${reply} ;;`];
    }),
  );
  const names = new Set([...words.keys(), ...spec.commands.map((command) => command.words)]);
  const candidates = [...names].map((name) => {
    const command = spec.commands.find((each) => each.words === name);
    const below = (words.get(name) ?? []).map(([word]) => word);
    const options = command?.options.map((option) => option.name) ?? ['--help', ...(name === '' ? ['--version'] : [])];
    return `    '${name}') ${wordList([...below, ...(command?.values ?? []), ...options])} ;;`;
  });
  return `# Completion of ${bin} for bash: eval "$(${bin} completion bash)"
_${bin}() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" command= candidates=
  COMPREPLY=()
  # bash takes --option=value apart at its equals sign.
  if [ "$cur" = = ]; then cur=; elif [ "$prev" = = ]; then prev="\${COMP_WORDS[COMP_CWORD-2]}"; fi
  if [ "$COMP_CWORD" -gt 1 ]; then command="\${COMP_WORDS[1]}"; fi
  if [ "$COMP_CWORD" -gt 2 ]; then
    case "\${COMP_WORDS[1]} \${COMP_WORDS[2]}" in
      ${pairsOf(spec)
        .map((pair) => `'${pair}'`)
        .join('|')}) command="\${COMP_WORDS[1]} \${COMP_WORDS[2]}" ;;
    esac
  fi
  case "$command $prev" in
${values.join('\n')}
  esac
  if [ -z "$candidates" ]; then case "$command" in
${candidates.join('\n')}
  esac; fi
  COMPREPLY=( $(compgen -W "$candidates" -- "$cur") )
}
complete -F _${bin} ${bin}
`;
}

function wordList(words: readonly string[]): string {
  return `candidates='${words.join(' ')}'`;
}
