import {strip} from '../../text/strip.js'
import type {Writer} from './writer.js'

/** One segment per line. */
export const writeTxt: Writer = ({segments}) => segments.map(({text}) => `${strip(text)}\n`).join('')
