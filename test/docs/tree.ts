const BLANKS_PER_LEVEL = 2;

/** Parses a tree of files: two spaces per level, folders end with `/`, two spaces before a remark. */
export function pathsOf(tree: string): readonly string[] {
  const folders: string[] = [];
  return tree.split('\n').map((line) => {
    const level = line.search(/\S/) / BLANKS_PER_LEVEL;
    const name = line.trim().split('  ')[0] ?? '';
    folders.splice(level);
    const path = folders.join('') + name;
    if (name.endsWith('/')) folders.push(name);
    return path;
  });
}
