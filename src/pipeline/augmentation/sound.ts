/** A recording in memory, and what its file is called. */
export interface Sound {
  readonly name: string
  /** 16 kHz mono. */
  readonly samples: Float32Array
}

/** What the folders of a configuration hold. */
export interface AugmentationSounds {
  readonly noise?: readonly Sound[] | undefined
  /** Impulse responses of rooms. */
  readonly responses?: readonly Sound[] | undefined
}
