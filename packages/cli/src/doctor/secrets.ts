/** Keeps secrets out of everything that is shown. */

const NAMES = /TOKEN|SECRET|PASSWORD|PASSCODE/;
const SHORTEST = 4;
const HIDDEN = '***';

/** A function that replaces every secret that the environment or `more` holds, however it is written, with `***`. */
export function secretsRemover(
  env: Readonly<Record<string, string | undefined>>,
  more: readonly (string | undefined)[],
): (text: string) => string {
  const secrets = new Set<string>();
  const add = (secret: string | undefined): void => {
    if (secret === undefined || secret.length < SHORTEST) return;
    secrets.add(secret);
    secrets.add(encodeURIComponent(secret));
  };
  for (const [name, value] of Object.entries(env)) {
    if (name.startsWith('RTD_') && NAMES.test(name)) add(value);
  }
  for (const secret of more) add(secret);
  const longestFirst = [...secrets].sort((a, b) => b.length - a.length);
  return (text) => {
    // A password in a URL is hidden by its place: it may be a word that stands elsewhere rightly, such as `root`.
    let shown = text.replace(/(\b[a-z][a-z0-9+.-]*:\/\/[^\s:/@]*):[^\s@/]+@/gi, `$1:${HIDDEN}@`);
    for (const secret of longestFirst) shown = shown.replaceAll(secret, HIDDEN);
    return shown;
  };
}
