#!/usr/bin/env node
// Makes an ONNX model smaller: onnx-quantize --help.
import '../dist/tools/onnx-quantize.js'
