import {create} from '@bufbuild/protobuf'
import {LinguluError} from '../errors.js'
import {copyMessage} from './copy-message.js'
import {type ModelProto, OperatorSetIdProtoSchema} from './onnx-ml_pb.js'

/** The version of ONNX's own operators that a model imports; 0 where it imports none. */
export function opsetOf({opsetImport}: ModelProto): number {
  return Number(opsetImport.find(({domain}) => domain === '' || domain === 'ai.onnx')?.version ?? 0)
}

/** @throws LinguluError MODEL_INVALID if the model is older than `least` */
export function requireOpset(proto: ModelProto, least: number, what: string): void {
  const opset = opsetOf(proto)
  if (opset >= least) return
  throw new LinguluError('MODEL_INVALID', `The model is of opset ${opset}; ${what} needs ${least} or later.`, {
    hint: 'Export the model again with a later opset (17 fits everywhere).',
  })
}

/** A model that imports a domain's operators. A version that it imports already stays. */
export function withDomain(proto: ModelProto, domain: string, version: number): ModelProto {
  if (proto.opsetImport.some(one => one.domain === domain)) return proto
  const copy = copyMessage(proto)
  copy.opsetImport = [...proto.opsetImport, create(OperatorSetIdProtoSchema, {domain, version: BigInt(version)})]
  return copy
}
