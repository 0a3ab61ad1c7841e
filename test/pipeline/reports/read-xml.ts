export interface XmlElement {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: readonly XmlElement[]
  readonly text: string
}

const NAME = '[A-Za-z][\\w.:-]*'
const TAG = new RegExp(`<(/?)(${NAME})((?:\\s+${NAME}="[^"<]*")*)\\s*(/?)>`, 'y')
// What XML 1.0 allows.
const CHARACTERS = /^[\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]*$/u

/** The root of a document that is well-formed; throws for every other. No DTD, CDATA or processing instructions. */
export function readXml(document: string): XmlElement {
  if (!CHARACTERS.test(document)) throw new Error('a character that XML does not allow')
  const content = document.replace(/^<\?xml [^?]*\?>/, '').replaceAll(/<!--(?:(?!--)[\s\S])*-->/g, '')
  const root: Open = {name: '', attributes: {}, children: [], text: ''}
  const open = [root]
  let place = 0
  while (place < content.length) {
    const parent = open.at(-1)!
    if (content[place] !== '<') {
      const end = content.indexOf('<', place)
      parent.text += decode(content.slice(place, end < 0 ? undefined : end))
      place = end < 0 ? content.length : end
      continue
    }
    TAG.lastIndex = place
    const tag = TAG.exec(content)
    if (tag === null) throw new Error(`no tag: ${content.slice(place, place + 60)}`)
    place = TAG.lastIndex
    const [, closing, name = '', attributes = '', empty] = tag
    if (closing === '/') {
      if (open.pop()?.name !== name) throw new Error(`</${name}> closes nothing`)
      continue
    }
    const element: Open = {name, attributes: readAttributes(attributes), children: [], text: ''}
    parent.children.push(element)
    if (empty !== '/') open.push(element)
  }
  if (open.length !== 1 || root.children.length !== 1 || root.text.trim() !== '') throw new Error('not one root')
  return root.children[0]!
}

interface Open {
  name: string
  attributes: Record<string, string>
  children: Open[]
  text: string
}

function readAttributes(text: string): Record<string, string> {
  const pairs = [...text.matchAll(/([\w.:-]+)="([^"]*)"/g)].map(([, name = '', value = '']) => [name, decode(value)])
  if (new Set(pairs.map(([name]) => name)).size !== pairs.length) throw new Error('an attribute twice')
  return Object.fromEntries(pairs)
}

function decode(text: string): string {
  return text.replaceAll(/&([^;]*;?)/g, (_, reference: string) => {
    const character = ENTITIES[reference]
    if (character === undefined) throw new Error(`&${reference} is no entity`)
    return character
  })
}

const ENTITIES: Readonly<Record<string, string>> = {
  'amp;': '&',
  'lt;': '<',
  'gt;': '>',
  'quot;': '"',
  'apos;': "'",
  '#39;': "'",
}
