import { EventEmitter } from 'node:events';
import { expect, it } from 'vitest';
import { onAlternateScreen } from '../../../src/cli/terminal/alternate-screen.js';

const ESC = '\u001b[';
const ENTER = `${ESC}?1049h${ESC}2J${ESC}H`;
const LEAVE = `${ESC}?1049l`;

function terminal() {
  let output = '';
  const exits = new Set<() => void>();
  const stderr = Object.assign(new EventEmitter(), {
    write: (text: string) => {
      output += text;
    },
  });
  const atExit = (action: () => void) => {
    exits.add(action);
    return () => exits.delete(action);
  };
  return { host: { stderr, atExit }, stderr, exits, output: () => output };
}

it('shows what an action writes, and leaves nothing of it', async () => {
  const { host, stderr, exits, output } = terminal();
  const shown = onAlternateScreen(host, expect.unreachable, async () => {
    stderr.write('choice');
    return 7;
  });
  expect(await shown).toBe(7);
  expect(output()).toBe(`${ENTER}choice${LEAVE}`);
  expect([exits.size, stderr.listenerCount('resize')]).toEqual([0, 0]);
});

it('is left after an error, and when the process exits', async () => {
  const { host, stderr, exits, output } = terminal();
  const failing = onAlternateScreen(
    host,
    () => {},
    async () => {
      for (const exit of exits) exit();
      expect(output()).toBe(ENTER + LEAVE);
      throw new Error('broken');
    },
  );
  await expect(failing).rejects.toThrow('broken');
  expect([exits.size, stderr.listenerCount('resize')]).toEqual([0, 0]);
});

it('is drawn again at once on an empty screen after the terminal was resized', async () => {
  const { host, stderr, output } = terminal();
  await onAlternateScreen(
    host,
    () => stderr.write('again'),
    async () => stderr.emit('resize'),
  );
  expect(output()).toBe(`${ENTER}${ESC}?2026h${ESC}2J${ESC}Hagain${ESC}?2026l${LEAVE}`);
});
