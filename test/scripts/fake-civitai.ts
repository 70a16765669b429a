import { ids } from '../fake-civitai/catalog.js';
import { startCivitai } from '../fake-civitai/civitai.js';

/** `npm run fake-civitai`: runs the fake Civitai server until Ctrl-C, to try the commands by hand. */

const civitai = await startCivitai({ port: Number(process.env.PORT ?? 4100), bytesPerSecond: 2_000_000 });

process.stdout.write(`A fake Civitai server, until Ctrl-C. In another terminal:

  export CIVITAI_BASE_URL=${civitai.url}
  export CIVITAI_API_KEY=${civitai.goodKey}
  civitdl ${ids.mainExample.model} ${ids.anything.model} ./models
`);

process.once('SIGINT', () => void civitai.close());
