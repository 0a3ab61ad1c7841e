import type {PruningOptions} from './pruning-options.js'

/** Options as `onnx-prune` takes them. */
export function toolArguments({targets, include, exclude, nodes, ...single}: PruningOptions): string[] {
  const flag = (name: string, value: string | number) => `--${name}=${value}`
  return [
    ...Object.entries(single).flatMap(([name, value]) => (value === undefined ? [] : [flag(name, value)])),
    ...(targets === undefined ? [] : [flag('targets', targets.join())]),
    ...Object.entries({include, exclude, nodes}).flatMap(([name, values]) =>
      (values ?? []).map(value => flag(name, value)),
    ),
  ]
}
