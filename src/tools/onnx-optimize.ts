/* Entry of the program `onnx-optimize` (bin/onnx-optimize.js). */

import {optimizeTool} from '../pipeline/optimize/optimize-tool.js'
import {toolMain} from '../pipeline/tools/tool-main.js'

process.exitCode = await toolMain(optimizeTool, process.argv.slice(2))
