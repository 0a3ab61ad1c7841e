import type {Message} from '@bufbuild/protobuf'

/**
 * A message of its own with the same fields, which may be set anew without a trace in the old one; what the fields hold
 * is shared. The defaults of optional fields stand in the prototype, so a spread would lose them.
 */
export function copyMessage<T extends Message>(message: T): T {
  const prototype: object | null = Object.getPrototypeOf(message)
  return Object.assign(Object.create(prototype), message)
}
