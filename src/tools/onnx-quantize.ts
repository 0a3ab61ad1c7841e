/* Entry of the program `onnx-quantize` (bin/onnx-quantize.js). */

import {quantizeTool} from '../pipeline/quantize/quantize-tool.js'
import {toolMain} from '../pipeline/tools/tool-main.js'

process.exitCode = await toolMain(quantizeTool, process.argv.slice(2))
