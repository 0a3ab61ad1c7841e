#!/usr/bin/env node
// Makes an ONNX graph smaller and quicker: onnx-optimize --help.
import '../dist/tools/onnx-optimize.js'
