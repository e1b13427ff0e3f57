/** The terminal client: full screen on a terminal, lines without one. */
export { type Device, takeDevice } from './device/device-folder.ts';
export type { ClientOptions, PlainOptions, TerminalOptions } from './options.ts';
export {
  filePreferences,
  type Preferences,
  type PreferencesStore,
  THEME_CHOICES,
  type ThemeChoice,
} from './preferences.ts';
export { runPlain } from './run-plain.ts';
export { runTerminal } from './run-terminal.ts';
export { safeName, safeText } from './safe-text.ts';
