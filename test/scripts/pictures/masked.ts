/** Masks what depends on the speed of a machine: numbers, bars, how many bars there are, and estimates. */
export function masked(text: string): string {
  return text
    .replace(/\d+(:\d\d)+/g, '0')
    .replace(/\d+(\.\d+)?( [kMG]?B)?/g, '0')
    .replace(/[█░]+/g, '█')
    .replace(/ +/g, ' ')
    .replace(/ 0( s)? left$/gm, '')
    .replace(/^(.*█.*\n)\1+/gm, '$1');
}
