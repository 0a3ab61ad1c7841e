import type {ElementType} from './infer-element-types.js'
import {makeNode} from './nodes.js'
import {TensorProto_DataType as DataType, type NodeProto} from './onnx-ml_pb.js'

/** Under which names a value that was float32 is there. */
interface Places {
  readonly half?: string | undefined
  readonly float?: string | undefined
}

/** A graph that is being rewritten with halves: its nodes so far, and which values are there in which precision. */
export class HalfScope {
  readonly nodes: NodeProto[] = []
  readonly #types = new Map<string, ElementType>()
  readonly #places = new Map<string, Places>()

  constructor(
    readonly outer: HalfScope | undefined,
    /** Makes a name that the model does not have. */
    readonly unique: (wanted: string) => string,
  ) {}

  /** The type that a value had before. */
  type(name: string): ElementType {
    return this.#types.has(name) ? this.#types.get(name) : this.outer?.type(name)
  }

  define(name: string, type: ElementType, places: Places = {}): void {
    this.#types.set(name, type)
    if (type === DataType.FLOAT) this.#places.set(name, places)
  }

  /** The name of a value that float32 is read from no more; it is cast where it is float32 only. */
  half(name: string): string {
    return this.#in(name, 'half', 'float', DataType.FLOAT16, '_cast_to_fp16')
  }

  /** The name of a value for nodes that stay in float32; it is cast where it is a half. */
  float(name: string): string {
    return this.#in(name, 'float', 'half', DataType.FLOAT, '_cast_to_fp32')
  }

  /** Whether a value of this graph is a half under its own name. */
  isHalf(name: string): boolean {
    return this.#places.get(name)?.half === name
  }

  #in(name: string, wanted: keyof Places, other: keyof Places, type: DataType, suffix: string): string {
    const places = this.places(name)
    const found = places?.[wanted]
    if (found !== undefined) return found
    const source = places?.[other]
    if (source === undefined) return name
    const cast = this.unique(`${name}${suffix}`)
    this.cast(source, cast, type)
    this.#places.set(name, {...places, [wanted]: cast})
    return cast
  }

  places(name: string): Places | undefined {
    return this.#places.get(name) ?? this.outer?.places(name)
  }

  cast(from: string, to: string, type: DataType): void {
    this.nodes.push(makeNode('Cast', [from], [to], {name: `${to}_node`, attributes: {to: type}}))
  }
}
