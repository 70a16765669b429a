import type { FoundApp } from '../sorter/apps/app.js';
import type { AppLayout } from '../sorter/apps/app-layout.js';
import { AUTO, type ChooseLayoutContext, chooseLayout } from '../sorter/apps/choose-layout.js';
import { basic } from '../sorter/basic.js';
import type { Sorter } from '../sorter/sorter.js';

export interface ChosenSorter {
  readonly sorter: Sorter;
  /** The application whose layout the run uses, if any. */
  readonly layout: AppLayout | undefined;
  /** The application that the root directory belongs to, if any. */
  readonly found: FoundApp | undefined;
}

/** The sorter that the user wants, and where. */
export interface SorterRequest {
  readonly name: string;
  readonly rootDir: string;
  /** Loads a sorter that is neither `auto` nor the layout of an application. */
  readonly load: () => Promise<Sorter>;
}

/**
 * Chooses the layout of the application in the root directory, or loads the sorter.
 * @throws UsageError or SorterError if the sorter cannot be used, or InvokeAI manages the root directory
 */
export async function chooseSorter(
  { name, rootDir, load }: SorterRequest,
  context: ChooseLayoutContext,
): Promise<ChosenSorter> {
  const { layout, found } = chooseLayout(name, rootDir, context);
  if (layout) {
    const sorter: Sorter = (model, version, file) => layout.place(model, version, file).directories;
    return { sorter, layout, found };
  }
  return { sorter: name === AUTO ? basic : await load(), layout: undefined, found };
}
