/** A text of which all is left that does not depend on how fast a machine is: numbers, meters and estimates are not. */
export function masked(text: string): string {
  return text
    .replace(/\d+(:\d\d)+/g, '0')
    .replace(/\d+(\.\d+)?( [kMG]?B)?/g, '0')
    .replace(/[█░]+/g, '█')
    .replace(/ +/g, ' ')
    .replace(/ 0( s)? left$/gm, '');
}
