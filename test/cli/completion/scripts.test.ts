import { describe, expect, it } from 'vitest';
import { completionScript } from '../../../src/cli/completion/scripts.js';
import { shells } from '../../../src/cli/completion/shells.js';
import { optionNames, specOf } from '../../../src/options/options.js';

describe.each(shells)('the script of %s', (shell) => {
  const script = completionScript(shell);

  it('tells in its first line how to load it', () => {
    expect(script.split('\n')[0]).toMatch(new RegExp(`^# .*civitconfig completion ${shell}`));
  });

  it('completes both programs by asking the command', () => {
    expect(script).toContain(`civitconfig complete ${shell}`);
    for (const program of ['civitdl', 'civitconfig'])
      expect(script).toMatch(
        new RegExp(`^(complete|compdef|Register-ArgumentCompleter) .*\\b${program}\\b`, 'm'),
      );
  });

  it('contains no option, so that it is never out of date', () => {
    const long = optionNames.flatMap((name) => /--[a-z-]+/.exec(specOf(name).flags) ?? []);
    expect(long.length).toBeGreaterThan(10);
    expect(long.filter((flag) => new RegExp(`${flag}\\b(?!=)`).test(script.replace(/#.*/g, '')))).toEqual([]);
  });

  // The code page of a Windows console would change other characters.
  it('is ASCII, with balanced brackets', () => {
    expect(script).toMatch(/^[\x20-\x7e\n]+$/);
    for (const [open, close] of ['{}', '()', '[]'].map((pair) => [...pair]))
      expect(script.split(open ?? '').length).toBe(script.split(close ?? '').length);
  });
});

describe('the script of PowerShell, which no test runs', () => {
  const script = completionScript('powershell');

  it('passes no typed word as an argument or as code', () => {
    expect(script).toMatch(/^ +\$env:CIVITDL_COMPLETION = \(\$words \+ \$current\) -join "`n"$/m);
    expect(script).toMatch(/^ +\$answer = @\(civitconfig complete powershell \$program 2>\$null\)$/m);
    expect(script.split('\n').slice(1).join('\n')).not.toMatch(/Invoke-Expression|\biex\b/);
  });

  it('restores what it changes in the session', () => {
    const end = script.slice(script.indexOf('} finally {'));
    expect(end).toContain('$env:CIVITDL_COMPLETION = $null');
    expect(end).toContain('[Console]::OutputEncoding = $encoding');
  });
});
