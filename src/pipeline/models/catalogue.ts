import {readFile} from 'node:fs/promises'
import {z} from 'zod'
import {LinguluError} from '../errors.js'
import {explainIssues} from '../explain-issues.js'
import {packageFile} from './package-root.js'

const HubId = z.string().regex(/^[\w.-]+\/[\w.-]+$/)

const CatalogueEntry = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]*$/)
    .describe('What `--model` and `lingulu models` call it.'),
  aliases: z.array(z.string()).default([]).describe('Other names: those of the makers’ own tools.'),
  kind: z.enum(['whisper', 'ctc']),
  source: HubId.describe('The repository of the model’s makers.'),
  repository: HubId.optional().describe(
    'The repository with an ONNX export; absent where `lingulu export` must make one.',
  ),
  parametersMillion: z.number().positive(),
  languages: z.string().describe('`en`, another code, or a count.'),
  licence: z.string(),
  downloadMegabytes: z.number().positive().optional().describe('In fp32, where known.'),
  description: z.string(),
})
export type CatalogueEntry = Readonly<z.infer<typeof CatalogueEntry>>

const Catalogue = z.strictObject({models: z.array(CatalogueEntry)})

/** The models lingulu knows by name: `configs/models.json`. */
export async function loadCatalogue(
  path: string = packageFile('configs/models.json'),
): Promise<readonly CatalogueEntry[]> {
  const parsed = Catalogue.safeParse(JSON.parse(await readFile(path, 'utf8')))
  if (!parsed.success) throw new LinguluError('CONFIG_INVALID', `${path}\n${explainIssues(parsed.error)}`)
  return parsed.data.models
}

/** The entry called `name`, or another name for it. */
export function findByName(catalogue: readonly CatalogueEntry[], name: string): CatalogueEntry | undefined {
  const wanted = name.toLowerCase()
  return catalogue.find(entry => entry.name === wanted || entry.aliases.includes(wanted))
}

/** The entry of the makers' own repository, which mostly has no ONNX files. */
export function findBySource(catalogue: readonly CatalogueEntry[], id: string): CatalogueEntry | undefined {
  return catalogue.find(entry => entry.source === id)
}
