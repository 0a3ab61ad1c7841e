/* A process that exports a checkpoint and says how much memory it took: entry for `measureExport`. */

import type {ExportPrecision, Layout} from '../../src/pipeline/export/layouts.js'
import {exportModel} from '../../src/pipeline/export-model.js'

const [checkpoint = '', out = '', layout = 'fused', precision = 'fp32'] = process.argv.slice(2)
const options = {checkpoint, out, layout: layout as Layout, precision: precision as ExportPrecision}
const started = performance.now()
let checkedAt = started
for await (const event of exportModel(options)) if (event.type === 'check') checkedAt = performance.now()
const {maxRSS, userCPUTime, systemCPUTime} = process.resourceUsage()
const result = {
  peakBytes: maxRSS * 1024,
  seconds: (performance.now() - started) / 1000,
  checkSeconds: (performance.now() - checkedAt) / 1000,
  cpuSeconds: (userCPUTime + systemCPUTime) / 1e6,
}
process.stdout.write(JSON.stringify(result))
