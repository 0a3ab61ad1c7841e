import {pythonArray, pythonFloat, pythonJson, pythonObject, pythonString} from '../python-json.js'
import type {Segment, Word} from '../transcript.js'
import type {Writer} from './writer.js'

/** OpenAI's result, byte for byte as Python's `json.dump` writes it: one line of ASCII without a line feed. */
export const writeJson: Writer = ({text, segments, language}, {metadata} = {}) =>
  pythonObject({
    text: pythonString(text),
    segments: pythonArray(segments.map(segmentJson)),
    language: pythonJson(language),
    ...(metadata && {lingulu: pythonJson(metadata)}),
  })

const segmentJson = (segment: Segment): string =>
  pythonObject({
    id: String(segment.id),
    seek: String(segment.seek),
    start: pythonFloat(segment.start),
    end: pythonFloat(segment.end),
    text: pythonString(segment.text),
    tokens: pythonArray(segment.tokens.map(String)),
    temperature: pythonFloat(segment.temperature),
    avg_logprob: pythonFloat(segment.averageLogProbability),
    compression_ratio: pythonFloat(segment.compressionRatio),
    no_speech_prob: pythonFloat(segment.noSpeechProbability),
    ...(segment.words && {words: pythonArray(segment.words.map(wordJson))}),
  })

const wordJson = ({word, start, end, probability}: Word): string =>
  pythonObject({
    word: pythonString(word),
    start: pythonFloat(start),
    end: pythonFloat(end),
    probability: pythonFloat(probability),
  })
