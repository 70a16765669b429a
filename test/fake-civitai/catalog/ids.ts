/** The ids of the catalog, by what the models are for. */
export const ids = {
  /** A LORA on B2 that needs a key, with four safe images in its first version. */
  mainExample: { model: 191977, version: 216190, olderVersion: 205511, file: 230001, olderFile: 230002 },
  /** A checkpoint on R2 that needs no key. */
  anything: { model: 66, version: 75, file: 90 },
  /** Ten small models that differ in their number only, 700001 to 700010. */
  batch: {
    models: Array.from({ length: 10 }, (_, index) => 700001 + index),
    versions: Array.from({ length: 10 }, (_, index) => 710001 + index),
  },
  large: { model: 300100, version: 310100, file: 320100 },
  huge: { model: 300101, version: 310101, file: 320101 },

  disabled: { model: 300001, version: 310001 },
  earlyAccess: { model: 300002, version: 310002 },
  paidForever: { model: 300003, version: 310003 },
  private: { model: 300004, version: 310004 },
  archived: { model: 300005, version: 310005 },
  takenDown: { model: 300006, version: 310006 },
  noVersions: { model: 300007 },
  firstIsPaid: { model: 300008, paidVersion: 310008, freeVersion: 310108 },
  firstIsDisabled: { model: 300009, disabledVersion: 310009, freeVersion: 310109 },
  /** No model and no version has this id. */
  absent: { model: 399999, version: 399998 },

  sameName: { model: 300020, version: 310020, fp16File: 320020, fp32File: 320120 },
  linkedVae: {
    model: 300021,
    version: 310021,
    file: 320021,
    vaeFile: 320122,
    vaeModel: 300022,
    vaeVersion: 310022,
  },
  noPrimary: { model: 300023, version: 310023, configFile: 320023, weightsFile: 320123 },
  trainingData: { model: 300024, version: 310024, file: 320024, dataFile: 320124 },
  gguf: { model: 300025, version: 310025, smallFile: 320025, bigFile: 320125 },
  wrongKind: { model: 300026, version: 310026, file: 320026 },
  /** The same without a hash that would prove it right. */
  unprovenKind: { model: 300029, version: 310029, file: 320029 },
  overrideName: { model: 300027, version: 310027, file: 320027 },
  trainedWord: { model: 300028, version: 310028, file: 320028 },

  unscanned: { model: 300040, version: 310040, file: 320040 },
  onlyCrc32: { model: 300041, version: 310041, file: 320041 },
  wrongSha256: { model: 300042, version: 310042, file: 320042 },
  /** Two versions with the same SHA256; a hash finds the older one. */
  sharedHash: {
    model: 300043,
    olderVersion: 310043,
    newerVersion: 310143,
    olderFile: 320043,
    newerFile: 320143,
  },

  noCreator: { model: 300060, version: 310060 },
  /** The version is too new to be found by its id, but it is listed and can be downloaded. */
  freshVersion: { model: 300061, version: 310061 },
  /** The model's answer does not list the version. */
  unlistedVersion: { model: 300062, version: 310062, listedVersion: 310162 },
  /** The version is found by its id, the model is not. */
  hiddenModel: { model: 300063, version: 310063 },

  names: {
    parent: { model: 300080, version: 310080 },
    reserved: { model: 300081, version: 310081 },
    nul: { model: 300082, version: 310082 },
    long: { model: 300083, version: 310083 },
    emoji: { model: 300084, version: 310084 },
    rightToLeft: { model: 300085, version: 310085 },
    percentSlash: { model: 300086, version: 310086 },
    escape: { model: 300087, version: 310087 },
    blank: { model: 300088, version: 310088 },
  },

  /** Models, versions and files that share names. */
  twins: {
    one: { model: 309100, version: 319001, file: 329001 },
    other: { model: 309101, version: 319002, file: 329002, olderVersion: 319003, olderFile: 329003 },
    otherCase: { model: 309102, version: 319004, file: 329004 },
    twoKinds: { model: 309103, version: 319005, file: 329005, ckptFile: 329006 },
  },
  /** A model of each type; its version has the same id plus 10,000, its file plus 20,000. */
  types: {
    Checkpoint: 309301,
    LORA: 309302,
    LoCon: 309303,
    DoRA: 309304,
    TextualInversion: 309305,
    VAE: 309306,
    Hypernetwork: 309307,
    Controlnet: 309308,
    Upscaler: 309309,
    MotionModule: 309310,
    Detection: 309311,
    Wildcards: 309312,
    Workflows: 309313,
    Poses: 309314,
    Other: 309315,
    UNet: 309316,
    TextEncoder: 309317,
  },
  /** A checkpoint whose base model is mostly without VAE and text encoder. */
  transformer: { model: 309320, version: 319320, file: 329320 },
  /** Models whose first example is a video, a PNG, or neither JPEG nor PNG. */
  previews: {
    video: { model: 309330, version: 319330 },
    pngEmbedding: { model: 309331, version: 319331 },
    webp: { model: 309332, version: 319332 },
  },
  /** A model with all that applications show. */
  lantern: { model: 309200, version: 319200, file: 329200, image: 3309200 },

  noImages: { model: 300200, version: 310200 },
  deadImage: { model: 300201, version: 310201 },
  twinImages: { model: 300202, version: 310202 },
  manyImages: { model: 300203, version: 310203 },
  levels: { model: 300204, version: 310204 },
  onlyMature: { model: 300205, version: 310205 },
  formats: { model: 300206, version: 310206 },
} as const;
