import { SERVER_OPTIONS } from '@rtd/server';
import { MADE, table } from './table.ts';

export function optionsPage(): string {
  const rows = SERVER_OPTIONS.map((option) => [
    `\`${option.env.join('`, `')}\``,
    `\`--${option.flag}\``,
    option.description,
    option.default === undefined ? (option.defaultNote ?? '') : `\`${option.default}\``,
  ]);
  return `# Options of the server

${MADE}

Each is an environment variable and a flag of \`rtd serve\` and \`rtd-server\`; the flag wins. A value that does not fit is
refused at the start, with what it takes.

${table(['variable', 'flag', 'what', 'default'], rows)}
`;
}
