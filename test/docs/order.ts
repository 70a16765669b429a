/** A part of the list of pages. */
interface PageGroup {
  readonly title: string;
  /** Paths relative to the repository. */
  readonly pages: readonly string[];
}

/** All pages in the order in which a reader needs them. A new page gets its place here. */
export const pageGroups: readonly PageGroup[] = [
  {
    title: 'First',
    pages: [
      'README.md',
      'doc/getting-started.md',
      'doc/api_key.md',
      'doc/civitdl.md',
      'doc/sources.md',
      'doc/search.md',
      'doc/sorter.md',
      'doc/alias.md',
    ],
  },
  {
    title: 'Applications',
    pages: [
      'doc/comfyui.md',
      'doc/a1111.md',
      'doc/forge.md',
      'doc/forge-neo.md',
      'doc/sdnext.md',
      'doc/swarmui.md',
      'doc/stability-matrix.md',
      'doc/fooocus.md',
      'doc/invokeai.md',
    ],
  },
  {
    title: 'Every day',
    pages: [
      'doc/civitconfig.md',
      'doc/many-models.md',
      'doc/rented-machines.md',
      'doc/windows.md',
      'doc/troubleshooting.md',
      'doc/environment.md',
      'doc/shell.md',
      'doc/upgrade.md',
      'doc/from-python.md',
    ],
  },
  { title: 'For programs', pages: ['doc/json.md', 'doc/library.md'] },
  { title: 'Inside', pages: ['doc/transfer.md', 'doc/performance.md', 'doc/layout.md'] },
];
