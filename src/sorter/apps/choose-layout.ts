import { resolve } from 'node:path';
import { type App, type FoundApp, isApp, TITLES } from './app.js';
import { AppLayout } from './app-layout.js';
import { assertNotManaged, recognizeApp } from './recognize.js';
import { readAppSettings, type SettingsContext } from './settings.js';

/** The sorter that a name means in a root directory. */
export interface ChosenLayout {
  /** The application that the root directory belongs to. */
  readonly found: FoundApp | undefined;
  /** Undefined unless the sorter is the layout of an application. */
  readonly layout: AppLayout | undefined;
}

export interface ChooseLayoutContext extends SettingsContext {
  /** Called if the settings of an application cannot be read. */
  readonly onProblem: (error: unknown) => void;
}

/** Means the layout of the application whose root directory is given, elsewhere `basic`. */
export const AUTO = 'auto';

/**
 * Chooses the layout of an application by the name of a sorter. A typed layout counts in any folder.
 * @throws UsageError if InvokeAI manages the root directory
 */
export function chooseLayout(sorter: string, rootDir: string, context: ChooseLayoutContext): ChosenLayout {
  assertNotManaged(rootDir);
  const found = recognizeApp(rootDir);
  const isAtRoot = found !== undefined && found.place !== 'inside';
  const app = sorter === AUTO && isAtRoot ? found.app : sorter;
  if (!isApp(app)) return { found, layout: undefined };
  const own = isAtRoot && found.app === app ? found : undefined;
  return { found, layout: openLayout(app, own, rootDir, context) };
}

function openLayout(
  app: App,
  own: FoundApp | undefined,
  rootDir: string,
  context: ChooseLayoutContext,
): AppLayout {
  const root = own?.root ?? resolve(rootDir);
  const settings = own ? readAppSettings(app, root, context, context.onProblem) : { folders: {} };
  return new AppLayout({ app, title: own?.title ?? TITLES[app], root, settings });
}
