/**
 * Ink on a real terminal: the alternate screen, raw input, and everything put back however it ends.
 */
import { render } from 'ink';
import { Screen, type ScreenProps } from './Screen.tsx';

/**
 * The store says when to draw. Ink's own pause after a frame is for keys that come all at once; at 60 a second it would hold
 * every sixth key back that is typed while prices move.
 */
const MOST_FRAMES_A_SECOND = 250;

export interface Drawn {
  /** Resolves when the terminal is as it was; rejects with what broke the drawing. */
  readonly ended: Promise<void>;
  end(): void;
}

export interface DrawOptions extends ScreenProps {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WritableStream;
}

export function drawTerminal({ stdin, stdout, stderr, ...props }: DrawOptions): Drawn {
  const instance = render(<Screen {...props} />, {
    stdin,
    stdout,
    stderr,
    exitOnCtrlC: false,
    patchConsole: false,
    maxFps: MOST_FRAMES_A_SECOND,
    incrementalRendering: true,
    alternateScreen: true,
    interactive: true,
  });
  return {
    ended: instance.waitUntilExit().then(() => undefined),
    end: () => instance.unmount(),
  };
}
