/** A test that fails where the bug is: its file below `test/`, and words of its title or of its row in a table. */
type Proof = readonly [file: string, words: string];

interface Bug {
  /** What the Python civitdl 2.1 does, in some words. */
  readonly bug: string;
  /** The tests against it; or why there can be none. */
  readonly proofs: readonly Proof[] | string;
}

const trees: Proof = [
  'e2e/documented-folders.test.ts',
  'puts the files of eleven models where the documented rules say',
];
const storageFails: Proof = [
  'e2e/download-faults.test.ts',
  'fails the download, and the next run mends it: %s',
];
const imageFails: Proof = ['e2e/image-faults.slow.test.ts', 'is told, and the next run fetches it alone: %s'];
const accessFails: Proof = ['e2e/exit-status.test.ts', 'is told as what it is: %s'];
const foundAnyway: Proof = ['e2e/exit-status.test.ts', 'is had all the same where %s'];
const hashList: Proof = [
  'e2e/model-folder.test.ts',
  'has the hashes, the answer of the API and the generation data in their files, byte for byte',
];
const leftAlone: Proof = [
  'e2e/model-folder.test.ts',
  'is left alone by the next run, but for its metadata, which is written anew',
];
const killed: Proof = [
  'e2e/config-crash-safety.slow.test.ts',
  'A configuration is the old or the new one, whenever a command that writes it is killed',
];
const batchItems: Proof = ['download/sources.test.ts', 'the items of a batch'];
const here = 'regressions/python-bugs.test.ts';

/** The bugs of the Python civitdl that its successor must not have, by their ids. */
export const bugs: Readonly<Record<string, Bug>> = {
  'META-1': { bug: 'images of one model are added to the next', proofs: [trees] },
  'META-2': {
    bug: 'images are there twice after a failed try',
    proofs: [['e2e/file-options.slow.test.ts', 'asks for the images once, also where the first file fails']],
  },
  'META-3': {
    bug: 'a version is never found in the list of its model',
    proofs: [
      foundAnyway,
      [
        'civitai/resolve.test.ts',
        'that only the list of its model has is found there, if the source names the model',
      ],
    ],
  },
  'META-4': { bug: 'nothing is tried after a 404 of the metadata', proofs: [foundAnyway] },
  'META-5': {
    bug: 'a version that does not name its model ends in an exception',
    proofs: [[here, 'A version that does not name its model is downloaded']],
  },
  'META-6': {
    bug: 'metadata are asked for without the key and without a time limit',
    proofs: [
      [here, 'The key goes with requests for metadata'],
      ['e2e/exit-status.test.ts', 'an answer of a metadata route'],
    ],
  },
  'META-7': {
    bug: 'a file without hashes is not recognised as one',
    proofs: [['download/plan.test.ts', 'has a list of hashes even where there are none']],
  },
  'META-8': {
    bug: 'a missing level is told as a missing name',
    proofs: [['civitai/schema.test.ts', "'nothing', {}, 0"]],
  },
  'META-9': {
    bug: 'an error in telling an error hides it',
    proofs: [['cli/report/summary.test.ts', 'is printed even if the error is unexpected']],
  },
  'META-10': {
    bug: 'bits of a level are compared as numbers',
    proofs: [['civitai/images.test.ts', 'are compared by the highest of several levels']],
  },
  'META-11': {
    bug: 'the first version is taken even if it is not to be had, and images lack their data',
    proofs: [
      [
        'civitai/resolve.test.ts',
        'means the first available version, with the reasons why others were skipped',
      ],
      hashList,
      ['e2e/exit-status.test.ts', 'that only has generation data costs no more than that'],
    ],
  },

  'MOD-1': { bug: 'a short or wrong file counts as complete', proofs: [storageFails] },
  'MOD-2': { bug: 'a file that is there is asked for all the same', proofs: [leftAlone] },
  'MOD-3': {
    bug: 'a header of a key is sent though there is none',
    proofs: [[here, 'Without a key, none is sent']],
  },
  'MOD-4': { bug: 'requests have no time limit', proofs: [storageFails, imageFails] },
  'MOD-5': {
    bug: 'an error page is saved as an image, images overwrite each other and are small copies',
    proofs: [
      imageFails,
      ['download/plan.test.ts', 'images of one name'],
      ['civitai/images.test.ts', 'the original URL of an image'],
    ],
  },
  'MOD-6': { bug: 'the JSON of an image has another name than documented', proofs: [trees] },
  'MOD-7': {
    bug: 'a sorter gets no file name',
    proofs: [
      [
        'sorter/worker-sorter.slow.test.ts',
        'gets the JSON of the API, a safe file name and the root directory',
      ],
    ],
  },
  'MOD-8': {
    bug: 'overwriting a file by itself ends in an exception',
    proofs: [['e2e/model-folder.test.ts', 'and is right is fetched once more with --model-overwrite']],
  },
  'MOD-9': {
    bug: 'a name leads out of the folder',
    proofs: [trees, ['disk/safe-name.test.ts', 'a hostile name']],
  },
  'MOD-10': {
    bug: 'without the model file, names are others and the last file of a version counts',
    proofs: [[here, 'Without the model file, all other names are the same']],
  },
  'MOD-11': {
    bug: 'an error of the index ends in another one',
    proofs: [
      ['e2e/cache.test.ts', 'is warned of once when its folder is a file'],
      ['e2e/cache.test.ts', 'loses only its broken lines, which are kept aside with a word'],
    ],
  },
  'MOD-12': {
    bug: 'no other file of a version can be had',
    proofs: [['e2e/file-options.slow.test.ts', "'a name', noPrimary.model"]],
  },
  'MOD-13': { bug: 'every refusal is told as early access', proofs: [accessFails] },
  'MOD-14': {
    bug: 'what is there already is copied',
    proofs: [
      ['e2e/cache.test.ts', 'is taken from there into another root, without a request and without copying'],
    ],
  },
  'MOD-15': {
    bug: 'a model that failed leaves a folder that looks complete',
    proofs: [accessFails, storageFails],
  },

  'BAT-1': {
    bug: 'the exit status is 0 whatever fails',
    proofs: [
      ['e2e/usage.test.ts', 'the exit status of the process'],
      ['e2e/batch.test.ts', 'ends with the status of those that %s'],
    ],
  },
  'BAT-2': {
    bug: 'what no retry helps is tried again',
    proofs: [accessFails, ['e2e/download-faults.test.ts', "'404', [status(404)], { ends: 4"]],
  },
  'BAT-3': {
    bug: 'Retry-After is ignored',
    proofs: [
      ['e2e/download-faults.test.ts', "'503 with Retry-After'"],
      ['e2e/exit-status.test.ts', 'may say with a date when to ask again'],
    ],
  },
  'BAT-4': {
    bug: 'a pause after the last model, no summary, a stack trace at Ctrl-C',
    proofs: [
      ['e2e/options.slow.test.ts', "typed: ['--pause-time', '0.5']"],
      ['e2e/batch.test.ts', 'is done but for the third, and ends with the command that does it'],
      [
        'e2e/terminal.test.ts',
        'ends at Ctrl-C with 130, the cursor restored and what was received kept, and goes on in the next run',
      ],
    ],
  },
  'BAT-5': {
    bug: 'one model at a time, always',
    proofs: [['e2e/jobs.test.ts', 'run at a time, as many as were asked for']],
  },

  'ARG-1': {
    bug: 'a zero is taken for nothing',
    proofs: [
      ['options/options.test.ts', 'are zero or off if typed so'],
      ['e2e/options.slow.test.ts', "typed: ['-i', '0']"],
    ],
  },
  'ARG-2': {
    bug: 'a source behind -k is taken for the key, which stands in the list of processes',
    proofs: [
      ['e2e/api-key.test.ts', 'takes no source for it where -k stands %s'],
      ['e2e/secrets.test.ts', 'shows the key in no process list'],
    ],
  },
  'ARG-3': {
    bug: '-p does not exist',
    proofs: [['e2e/options.slow.test.ts', 'options and arguments stand in any order']],
  },
  'ARG-4': {
    bug: '~ becomes a folder of that name',
    proofs: [['e2e/alias.slow.test.ts', 'takes a name with or without its @, and ~ for the home folder']],
  },
  'ARG-5': {
    bug: 'aliases in a circle end in an exception',
    proofs: [['e2e/alias.slow.test.ts', 'that leads in a circle stops the run']],
  },
  'ARG-6': {
    bug: 'a hidden prompt on Windows shows no question',
    proofs:
      'it is of Windows, and the prompt of another library; on other systems, test/e2e/api-key.test.ts looks at it',
  },

  'SRC-1': {
    bug: 'lines of a batch file are glued together',
    proofs: [batchItems, ['download/sources.test.ts', 'know their lines']],
  },
  'SRC-2': {
    bug: 'no comments, and a comma at the end is a bad source',
    proofs: [batchItems, ['e2e/batch.test.ts', 'is the same in a batch file with comments']],
  },
  'SRC-3': {
    bug: "a model's URL of the API is taken for a version",
    proofs: [['civitai/source-url.test.ts', "'https://civitai.com/api/v1/models/66', model(66)"]],
  },
  'SRC-4': {
    bug: "a version's URL of the API, other hosts and AIRs are refused",
    proofs: [
      ['civitai/source-url.test.ts', "'https://civitai.com/api/v1/model-versions/75', version(75)"],
      ['civitai/source-url.test.ts', 'https://civitai.red/'],
      ['civitai/air.test.ts', 'urn:air:'],
    ],
  },
  'SRC-5': {
    bug: 'a source is downloaded as often as it is named',
    proofs: [['e2e/batch.test.ts', 'fetches a file once that is asked for in several ways']],
  },
  'SRC-6': {
    bug: 'one bad source in a file stops all',
    proofs: [['e2e/batch.test.ts', 'with a line that is no source does all others, and names file and line']],
  },
  'SRC-7': {
    bug: 'a batch file that names itself ends in an exception',
    proofs: [['e2e/batch.test.ts', 'that names itself is told with the chain']],
  },
  'SRC-8': {
    bug: 'a list in a batch file forgets its folder',
    proofs: [['download/sources.test.ts', 'is relative to its own folder in a list of one argument, too']],
  },

  'OPT-1': {
    bug: 'a rate is rounded before it is multiplied: 0.5M is no limit',
    proofs: [
      ['e2e/limit-rate.slow.test.ts', 'of $what is kept over any five seconds'],
      ['options/option-types.test.ts', 'is parsed as the same rate'],
    ],
  },
  'OPT-2': {
    bug: 'negative rates are taken',
    proofs: [['e2e/options.slow.test.ts', 'of %s is named with the option and what is allowed']],
  },
  'OPT-3': {
    bug: 'two places have two defaults',
    proofs: [
      ['e2e/options.slow.test.ts', 'has the same effect when it is stored, and is shown as stored'],
      ['docs/facts.test.ts', 'has the defaults that the options have'],
    ],
  },
  'OPT-4': {
    bug: 'a whole number of seconds is refused in the configuration',
    proofs: [[here, 'A pause of whole seconds may be written into the configuration']],
  },

  'VAL-1': {
    bug: 'a name with outer blanks ends in an exception',
    proofs: [['sorter/model-folder.test.ts', "'no outer blanks', '  Felt  ', 'Felt'"]],
  },
  'VAL-2': {
    bug: 'numbers are compared by their identity',
    proofs: 'numbers have no identity in this language',
  },
  'VAL-3': {
    bug: 'paths with a colon are refused',
    proofs: [[here, 'A root directory may have a colon in its name']],
  },
  'VAL-4': {
    bug: 'names are not made safe',
    proofs: [trees, ['disk/safe-name.test.ts', '%s becomes a safe name, the same a second time']],
  },

  'IO-1': {
    bug: "somebody's folder .tmp is deleted",
    proofs: [[here, 'A folder .tmp is nobody else']],
  },
  'IO-2': {
    bug: 'a download that broke off is lost',
    proofs: [
      [
        'e2e/terminal.test.ts',
        'ends at Ctrl-C with 130, the cursor restored and what was received kept, and goes on in the next run',
      ],
      [
        'e2e/download-faults.test.ts',
        "'silence after some bytes', [{ kind: 'stall', after: cut }], { resumes: true }",
      ],
    ],
  },
  'IO-3': { bug: 'hashes are read with a blank in front and never fit', proofs: [hashList, leftAlone] },
  'IO-4': {
    bug: 'the case of a hash counts',
    proofs: [['civitai/schema.test.ts', 'has its hashes in upper case and in their order']],
  },

  'CAC-1': {
    bug: 'looking for files on disk ends in an exception',
    proofs: [
      [
        'e2e/civitconfig-cache.slow.test.ts',
        'remembers what the Python tool has downloaded, so that nothing of it is fetched again',
      ],
    ],
  },
  'CAC-2': {
    bug: 'files of one version overwrite each other in the index',
    proofs: [
      [
        'cache/file-index.test.ts',
        'finds a file by its SHA256 in either case, or by its id where it has none',
      ],
    ],
  },
  'CAC-3': {
    bug: 'the index loses what two commands write at once',
    proofs: [['e2e/cache.slow.test.ts', 'Twenty processes at once lose nothing of the index']],
  },

  'CFG-1': {
    bug: 'everybody can read the key',
    proofs: [['e2e/api-key.test.ts', 'takes the stored one, which lies in a file of its owner alone']],
  },
  'CFG-2': {
    bug: '--verbose shows the key',
    proofs: [['e2e/secrets.test.ts', 'shows and stores the key nowhere: %s']],
  },
  'CFG-3': { bug: 'a key is never forgotten', proofs: [['e2e/api-key.test.ts', 'forgets the stored key']] },
  'CFG-4': {
    bug: 'the key is in the zip file',
    proofs: [
      [
        'e2e/civitconfig-settings.slow.test.ts',
        'saves everything but the key in a zip file that others can read',
      ],
    ],
  },
  'CFG-5': { bug: '--no-reset resets', proofs: [[here, 'settings --no-reset is refused']] },
  'CFG-6': {
    bug: 'the default of --nsfw-mode is another one than documented',
    proofs: [
      ['options/options.test.ts', 'have the documented defaults'],
      ['docs/facts.test.ts', 'has the defaults that the options have'],
    ],
  },
  'CFG-7': {
    bug: 'deleting a sorter prints a line of debugging',
    proofs: [['e2e/civitconfig-sorter.slow.test.ts', 'adds, chooses and deletes a sorter from a shell']],
  },
  'CFG-8': {
    bug: 'a bad sorter ends in another error, and half of it stays',
    proofs: [
      ['e2e/civitconfig-sorter.slow.test.ts', 'tries a file with an example, and stores nothing of %s'],
    ],
  },
  'CFG-9': {
    bug: 'a configuration may be written by halves, is never brought up to date, and a reset spoils the built-in one',
    proofs: [
      killed,
      ['config/config.test.ts', 'migrates a file of version 1 with all its values'],
      [
        'e2e/civitconfig-settings.slow.test.ts',
        'asks, and moves everything into the trash folder, which it names',
      ],
    ],
  },
  'CFG-10': {
    bug: 'the exit status is 0 after an error of the configuration',
    proofs: [
      ['e2e/alias.slow.test.ts', 'refuses %s'],
      ['e2e/civitconfig-settings.slow.test.ts', 'refuses %s'],
    ],
  },
  'CFG-11': {
    bug: 'an alias may have a backslash, which no path can start with then',
    proofs: [['e2e/alias.slow.test.ts', "'a name with a backslash'"]],
  },

  'SOR-1': {
    bug: 'one model lands in another folder on every run',
    proofs: [['sorter/basic.test.ts', 'chooses the same folder for any order of the tags']],
  },
  'SOR-2': {
    bug: 'a base model makes folders of its own',
    proofs: [['sorter/basic.test.ts', 'makes one safe folder of the base model %j']],
  },
  'SOR-3': {
    bug: "a sorter's file is run as soon as it is added",
    proofs:
      'it is a program, and is run to be checked: the pages and --help say so; what it can do to a run is in test/sorter/worker-sorter.slow.test.ts',
  },
  'PKG-1': {
    bug: 'colours go into files, and the package has modules of general names',
    proofs: [
      ['e2e/terminal.test.ts', 'colours its words, unless NO_COLOR or --no-with-color say not to'],
      ['e2e/model-folder.test.ts', 'becomes a folder that every user of the documented tool knows'],
    ],
  },
};
