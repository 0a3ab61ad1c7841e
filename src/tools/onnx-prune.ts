/* Entry of the program `onnx-prune` (bin/onnx-prune.js). */

import {pruneTool} from '../pipeline/prune/prune-tool.js'
import {toolMain} from '../pipeline/tools/tool-main.js'

process.exitCode = await toolMain(pruneTool, process.argv.slice(2))
