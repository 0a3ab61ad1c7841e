/** JSON text made of parts, in the form of Python's `json.dumps`: ASCII only, `", "` and `": "` between members. */
export const pythonArray = (parts: readonly string[]): string => `[${parts.join(', ')}]`

export function pythonObject(members: Readonly<Record<string, string>>): string {
  const parts = Object.entries(members).map(([key, value]) => `${pythonString(key)}: ${value}`)
  return `{${parts.join(', ')}}`
}

const ESCAPED = /["\\]|[^ -~]/g
const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\f': '\\f',
  '\b': '\\b',
}

export function pythonString(text: string): string {
  return `"${text.replaceAll(ESCAPED, escapeUnit)}"`
}

// Without the `u` flag the pattern sees UTF-16 units, so that a character above U+FFFF becomes two escapes, as in Python.
function escapeUnit(unit: string): string {
  return SHORT_ESCAPES[unit] ?? `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
}

/**
 * A Python float: `1.0` rather than `1`, an exponent below 1e-4 and from 1e16 on, and at least two digits in it. Both
 * languages print the shortest digits that give the same number back.
 */
export function pythonFloat(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity'
  const size = Math.abs(value)
  if (size !== 0 && (size < 1e-4 || size >= 1e16)) return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2')
  if (Number.isInteger(value)) return `${Object.is(value, -0) ? '-0' : value}.0`
  return String(value)
}

/** Any JSON value; numbers as JavaScript prints them. */
export function pythonJson(value: unknown): string {
  if (typeof value === 'string') return pythonString(value)
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : pythonFloat(value)
  if (typeof value === 'boolean') return String(value)
  if (Array.isArray(value)) return pythonArray(value.map(pythonJson))
  if (typeof value !== 'object' || value === null) return 'null'
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  return pythonObject(Object.fromEntries(members.map(([key, member]) => [key, pythonJson(member)])))
}
