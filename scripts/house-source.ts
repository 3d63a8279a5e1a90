import { posix } from 'node:path'
import { type ESTree, parseSync, Visitor } from 'rolldown/utils'

export interface FunctionFields {
  /** Properties of interfaces and type literals whose type is written as a function type, null or undefined allowed. */
  readonly written: number
  /** Properties whose type is the name of a function type. */
  readonly named: number
}

/** Counts the function-typed fields of each file. Methods (`close(): void`) and parameters are not fields. */
export function functionFieldsOf(texts: ReadonlyMap<string, string>): Map<string, FunctionFields> {
  const programs = [...texts].map(([file, text]) => [file, parseSync(file, text).program] as const)
  const names = new Set<string>()
  const aliases = new Visitor({
    TSTypeAliasDeclaration(node) {
      if (isFunction(node.typeAnnotation)) names.add(node.id.name)
    },
  })
  for (const [, program] of programs) aliases.visit(program)
  return new Map(programs.map(([file, program]) => [file, fieldsIn(program, names)]))
}

function fieldsIn(program: ESTree.Program, names: ReadonlySet<string>): FunctionFields {
  let written = 0
  let named = 0
  const fields = new Visitor({
    TSPropertySignature(node) {
      const type = node.typeAnnotation?.typeAnnotation
      if (!type) return
      if (isFunction(type)) written += 1
      else if (isNamed(type, names)) named += 1
    },
  })
  fields.visit(program)
  return { written, named }
}

function isFunction(type: ESTree.TSType): boolean {
  if (type.type === 'TSParenthesizedType') return isFunction(type.typeAnnotation)
  if (type.type === 'TSUnionType') return type.types.some(isFunction)
  return type.type === 'TSFunctionType'
}

function isNamed(type: ESTree.TSType, names: ReadonlySet<string>): boolean {
  if (type.type === 'TSParenthesizedType') return isNamed(type.typeAnnotation, names)
  if (type.type === 'TSUnionType') return type.types.some((part) => isNamed(part, names))
  return (
    type.type === 'TSTypeReference' && type.typeName.type === 'Identifier' && names.has(type.typeName.name)
  )
}

/**
 * Returns the relative imports of a file that lead into a folder of `lib` from outside it, where `#lib/…` is wanted.
 * Type-only imports, re-exports and dynamic imports count.
 */
export function relativeImportsIntoFolders(file: string, text: string): string[] {
  const { module } = parseSync(file, text)
  const specifiers = [
    ...module.staticImports.map(({ moduleRequest }) => moduleRequest.value),
    ...module.staticExports.flatMap(({ entries }) =>
      entries.flatMap((entry) => entry.moduleRequest?.value ?? []),
    ),
    ...module.dynamicImports.map(({ moduleRequest }) =>
      text.slice(moduleRequest.start, moduleRequest.end).replace(/^['"`]|['"`]$/g, ''),
    ),
  ]
  const own = folderOf(file)
  return [...new Set(specifiers)].filter((specifier) => {
    if (!specifier.startsWith('.')) return false
    const folder = folderOf(posix.join(posix.dirname(file), specifier))
    return folder !== null && folder !== own
  })
}

/** Returns the folder of `lib` that a file is in, like `lib/client`, or null outside `lib`. */
function folderOf(file: string): string | null {
  return /^lib\/[^/]+/.exec(file)?.[0] ?? null
}
