import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Draws a folder as a tree, with the size of each file. */
export async function drawTree(folder: string, name: string): Promise<readonly string[]> {
  return [`${name}/`, ...(await drawBranches(folder, ''))];
}

async function drawBranches(folder: string, stem: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  const branches = entries.map(async (entry, index) => {
    const isLast = index === entries.length - 1;
    const path = join(folder, entry.name);
    const fork = `${stem}${isLast ? '└── ' : '├── '}`;
    if (!entry.isDirectory()) return [`${fork}${entry.name}  ${(await stat(path)).size} B`];
    return [`${fork}${entry.name}/`, ...(await drawBranches(path, `${stem}${isLast ? '    ' : '│   '}`))];
  });
  return (await Promise.all(branches)).flat();
}
