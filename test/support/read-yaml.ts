import {parse} from 'yaml'

export type Yaml = string | readonly Yaml[] | {readonly [key: string]: Yaml}

/** Every scalar as the string that it is written as. */
export const readYaml = (text: string): Yaml => parse(text, {schema: 'failsafe'})
