#!/usr/bin/env node
// Removes weights of an ONNX model: onnx-prune --help.
import '../dist/tools/onnx-prune.js'
