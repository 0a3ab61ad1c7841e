import {z} from 'zod'

type Issue = z.core.$ZodIssue

/**
 * What is wrong with a value, and where, a line or two for each fault. As `z.prettifyError`, but of several forms that a value
 * may have the one it comes closest to is explained: that none of them fits says nothing to whoever has mistyped a name.
 */
export function explainIssues(error: z.ZodError): string {
  return z.prettifyError(new z.ZodError(error.issues.flatMap(closest)))
}

/** Of forms that are of the value's kind the one with the fewest faults; where there is none, the kinds that there are. */
function closest(issue: Issue): Issue[] {
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return [issue]
  const kinds = kindsOf([{...issue, path: []}])
  if (kinds !== undefined) return [{...issue, message: `Invalid input: expected ${[...new Set(kinds)].join(' or ')}`}]
  const [best = []] = issue.errors
    .filter(issues => kindsOf(issues) === undefined)
    .map(issues => issues.flatMap(closest))
    .sort((a, b) => a.length - b.length)
  return best.map(inner => ({...inner, path: [...issue.path, ...inner.path]}))
}

/** What a form would have a value be that is something else altogether; undefined where the value is of that kind. */
function kindsOf(issues: readonly Issue[]): string[] | undefined {
  const issue = issues.find(({path}) => path.length === 0)
  if (issue?.code === 'invalid_type') return [issue.expected]
  if (issue?.code === 'invalid_value') return issue.values.map(value => JSON.stringify(value))
  if (issue?.code !== 'invalid_union') return undefined
  const kinds = issue.errors.map(kindsOf)
  return kinds.every(form => form !== undefined) ? kinds.flat() : undefined
}
