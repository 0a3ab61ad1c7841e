import {formatPercent} from '../text/format-percent.js'
import {elements, type LayerReport, type SparsityReport, totalOf} from './sparsity-report.js'

/** One ONNX file of a pruned model. */
export interface FileReport extends SparsityReport {
  /** Relative to the folder. */
  readonly file: string
}

/** The report as Markdown: totals of each file, then its layers. */
export function formatSparsity(model: string, files: readonly FileReport[]): string {
  const [first] = files
  const intro = [
    `# Sparsity of ${model}`,
    '',
    `Method: ${first?.method ?? 'none'}. Operations are multiplications and additions of the products and convolutions for one position (a frame or a token); “needed” leaves out those by zero, which only kernels for sparse weights save. Violations are groups of the pattern ${first?.pattern ?? ''} with too many weights that are not zero.`,
    '',
    '| file | parameters before | parameters | weights | zeros | operations before | operations | needed | violations |',
    '|:--|--:|--:|--:|--:|--:|--:|--:|--:|',
    ...files.map(totalRow),
  ]
  return `${[...intro, ...files.flatMap(fileSection)].join('\n')}\n`
}

function totalRow({file, parametersBefore, parameters, layers}: FileReport): string {
  const total = totalOf(layers)
  const cells = [
    file,
    parametersBefore,
    parameters,
    total.weights,
    share(total.zeros, total.weights),
    total.operationsBefore,
    total.operations,
    total.neededOperations,
    `${total.violations} of ${total.groups}`,
  ]
  return row(cells)
}

function fileSection({file, layers, removed, skipped}: FileReport): string[] {
  const lines = ['', `## ${file}`, '']
  if (removed.length > 0)
    lines.push(
      '| layer | what | before | after |',
      '|:--|:--|--:|--:|',
      ...removed.map(({name, kind, before, after}) => row([name, kind === 'ffn' ? 'neurons' : 'heads', before, after])),
      '',
    )
  lines.push('| node | shape before | shape | zeros | violations |', '|:--|:--|:--|--:|--:|', ...layers.map(layerRow))
  if (skipped.length > 0)
    lines.push(
      '',
      'Left as they are:',
      '',
      ...skipped.map(({name, reason}) => `- ${escapeText(name)}: ${escapeText(reason)}`),
    )
  return lines
}

const layerRow = ({node, shapeBefore, shape, zeros, violations, groups}: LayerReport): string =>
  row([node, shapeBefore.join(' × '), shape.join(' × '), share(zeros, elements(shape)), `${violations} of ${groups}`])

const share = (part: number, whole: number): string => (whole === 0 ? '–' : formatPercent(part / whole))

const row = (cells: readonly (string | number)[]): string =>
  `| ${cells.map(cell => escapeText(String(cell))).join(' | ')} |`

const escapeText = (text: string): string => text.replaceAll(/[\\|*_`<>[\]]/g, '\\$&').replaceAll(/\s+/g, ' ')
