export interface AlternateScreenHost {
  readonly stderr: {
    write(text: string): unknown;
    on(event: 'resize', listener: () => void): unknown;
    off(event: 'resize', listener: () => void): unknown;
  };
  /** Runs an action when the process exits, unless the returned function cancels it. */
  readonly atExit: (action: () => void) => () => void;
}

const ESC = '\x1b[';
/** Terminals that know it show all changes up to the end at once; others ignore it. */
const BEGIN_UPDATE = `${ESC}?2026h`;
const END_UPDATE = `${ESC}?2026l`;
const CLEAR = `${ESC}2J${ESC}H`;
const ENTER = `${ESC}?1049h${CLEAR}`;
const LEAVE = `${ESC}?1049l`;

/**
 * Runs an action on the alternate screen of a terminal, which shows nothing of it afterwards. A terminal that becomes
 * narrower wraps what is on its main screen, where the rows of a drawing are no longer known.
 * @param redraw called after the terminal was resized, with an empty screen
 */
export async function onAlternateScreen<T>(
  { stderr, atExit }: AlternateScreenHost,
  redraw: () => void,
  action: () => Promise<T>,
): Promise<T> {
  const resize = () => {
    stderr.write(BEGIN_UPDATE + CLEAR);
    redraw();
    stderr.write(END_UPDATE);
  };
  const leave = () => stderr.write(LEAVE);
  stderr.write(ENTER);
  const cancelAtExit = atExit(leave);
  stderr.on('resize', resize);
  try {
    return await action();
  } finally {
    stderr.off('resize', resize);
    cancelAtExit();
    leave();
  }
}
