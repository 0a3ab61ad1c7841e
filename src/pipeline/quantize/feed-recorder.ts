import {type FileHandle, mkdir, open, rm} from 'node:fs/promises'
import {join} from 'node:path'
import type {Tensor} from 'onnxruntime-node'
import type {ElementType} from '../export/safetensors-types.js'
import {type NewTensor, writeSafetensors} from '../export/safetensors-write.js'
import {fileSource} from '../onnx/file-source.js'
import type {Feeds} from '../runtime/recording-session.js'
import {isFeedType, STORED_TYPES} from './feed-types.js'

/** What one graph of a model was fed. */
export interface RecordedGraph {
  readonly graph: string
  /** A safetensors file; its tensors are named `<sample>/<input name>`. */
  readonly path: string
  readonly samples: number
  readonly bytes: number
}

export interface FeedRecorderOptions {
  /** Where the files go; it is made. */
  readonly folder: string
  /** How many recordings there will be: each may use its share of the bytes, and what earlier ones have left. */
  readonly recordings: number
  readonly bytesPerGraph: number
  readonly feedsPerRecording: number
}

/** Keeps some of what sessions are fed. What is kept goes to files at once, so that memory does not grow with it. */
export class FeedRecorder {
  readonly #options: FeedRecorderOptions
  readonly #graphs = new Map<string, GraphSpool>()
  #recording = -1

  constructor(options: FeedRecorderOptions) {
    this.#options = options
  }

  /** All that comes from now on is of the next recording. */
  beginRecording(): void {
    this.#recording++
    for (const spool of this.#graphs.values()) spool.runs = 0
  }

  /**
   * Keeps the feeds, or not: of a recording's runs those numbered 0, 1, 2, 4, 8, …, so that first and late steps of a
   * decoder are among them.
   */
  async record(graph: string, feeds: Feeds): Promise<void> {
    // A model may run a graph when it is opened, to find something out.
    if (this.#recording < 0) return
    const spool = this.#graphs.get(graph) ?? new GraphSpool()
    this.#graphs.set(graph, spool)
    const run = spool.runs++
    const {recordings, bytesPerGraph, feedsPerRecording} = this.#options
    if ((run & (run - 1)) !== 0 || (run === 0 ? 0 : Math.log2(run) + 1) >= feedsPerRecording) return
    const allowed = (bytesPerGraph * (this.#recording + 1)) / Math.max(recordings, this.#recording + 1)
    const bytes = Object.values(feeds).reduce((sum, tensor) => sum + bytesOf(tensor).byteLength, 0)
    if (spool.bytes + bytes > allowed) return
    await mkdir(this.#options.folder, {recursive: true})
    const sample = `${String(this.#recording).padStart(4, '0')}-${String(run).padStart(4, '0')}`
    await spool.keep(join(this.#options.folder, `${graph}.spool`), sample, feeds)
  }

  /** Writes `<graph>.safetensors` for every graph of which something was kept. @throws LinguluError OUTPUT_FAILED */
  async finish(): Promise<RecordedGraph[]> {
    const graphs: RecordedGraph[] = []
    for (const [graph, spool] of this.#graphs) {
      if (spool.samples === 0) continue
      const path = join(this.#options.folder, `${graph}.safetensors`)
      await writeSafetensors(path, spool.tensors, {metadata: {}})
      graphs.push({graph, path, samples: spool.samples, bytes: spool.bytes})
      await spool.remove()
    }
    return graphs
  }
}

/** The file that the feeds of one graph are gathered in. */
class GraphSpool {
  readonly tensors: NewTensor[] = []
  runs = 0
  samples = 0
  bytes = 0
  #path = ''
  #file: FileHandle | undefined

  async keep(path: string, sample: string, feeds: Feeds): Promise<void> {
    this.#path = path
    this.#file ??= await open(path, 'w')
    for (const [name, tensor] of Object.entries(feeds)) {
      const bytes = bytesOf(tensor)
      await this.#file.writeFile(bytes)
      const source = fileSource(path, this.bytes, bytes.byteLength)
      this.tensors.push({name: `${sample}/${name}`, type: elementType(tensor), shape: [...tensor.dims], source})
      this.bytes += bytes.byteLength
    }
    this.samples++
  }

  async remove(): Promise<void> {
    await this.#file?.close()
    await rm(this.#path, {force: true})
  }
}

function elementType({type}: Tensor): ElementType {
  if (!isFeedType(type)) throw new TypeError(`A tensor of ${type} cannot be recorded.`)
  return STORED_TYPES[type]
}

function bytesOf({data, type}: Tensor): Uint8Array {
  if (!ArrayBuffer.isView(data)) throw new TypeError(`A tensor of ${type} cannot be recorded.`)
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
}
