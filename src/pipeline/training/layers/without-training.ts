import type {Ops} from '../engine/ops.js'

/** The same operations for a part of a model that is used and not trained: its weights stay, nothing is dropped. */
export function withoutTraining<T>(ops: Ops<T>): Ops<T> {
  const frozen: Pick<Ops<T>, 'parameter' | 'dropout'> = {
    parameter: (name, shape) => ops.parameter(name, shape, {trainable: false}),
    dropout: x => x,
  }
  return new Proxy(ops, {
    get(target, name) {
      if (name === 'parameter' || name === 'dropout') return frozen[name]
      const own: unknown = Reflect.get(target, name)
      return typeof own === 'function' ? own.bind(target) : own
    },
  })
}
