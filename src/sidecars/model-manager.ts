import { pageUrl, type SidecarFacts } from './format.js';
import { cleanWords, htmlToText, oneLine } from './text.js';

/** Notes for ComfyUI-Model-Manager, in Markdown with front matter in YAML. The user edits them. */
export function modelManagerText(facts: SidecarFacts): string {
  const { creator, baseModel, trainedWords, modelName } = facts;
  const words = cleanWords(trainedWords).join(', ');
  const sections = [
    ['Trigger Words', words],
    ['About this version', htmlToText(facts.versionDescription)],
    [oneLine(modelName).replace(/^#+\s*/, ''), htmlToText(facts.modelDescription)],
  ] as const;
  return [
    '---',
    'website: Civitai',
    `modelPage: ${pageUrl(facts)}`,
    `author: ${yamlText(oneLine(creator))}`,
    `baseModel: ${yamlText(oneLine(baseModel))}`,
    '---',
    ...sections
      .filter(([, text]) => text !== '')
      .map(([title, text]) => `\n# ${title}\n\n${escapeLines(text)}`),
    '',
  ].join('\n');
}

/** A JSON text is a YAML text, too. */
function yamlText(text: string): string {
  const isPlain =
    /^[a-z][\w.-]*( [\w.-]+)*$/i.test(text) && !/^(true|false|null|yes|no|on|off|y|n)$/i.test(text);
  return isPlain ? text : JSON.stringify(text);
}

/** A line of hyphens would end the front matter for some parsers, or make a heading of the line before. */
function escapeLines(text: string): string {
  return text.replace(/^(-{3,}|={3,})\s*$/gm, '\\$1');
}
