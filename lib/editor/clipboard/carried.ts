/** The content of a paste or drop. The browser shows it only during its event. */
export interface Carried {
  readonly html: string
  readonly text: string
  readonly hasFiles: boolean
  /** The language of code, if the program says it beside the HTML. */
  readonly language: string | null
  /** True if the person asked for text without formats. */
  readonly isPlain: boolean
}

/** Returns the content of a paste or drop. */
export function carriedBy(data: DataTransfer, isPlain: boolean): Carried {
  const language = codeMode(data.getData('vscode-editor-data'))
  return {
    // The source of Markdown is text to be read, not code.
    html: language === 'markdown' ? '' : data.getData('text/html'),
    text: data.getData('text/plain'),
    isPlain,
    language,
    hasFiles: data.files.length > 0,
  }
}

/** Returns the language that VS Code writes beside its HTML. */
function codeMode(json: string): string | null {
  return /"mode":"(?!plaintext")([a-z0-9+#-]{1,30})"/.exec(json)?.[1] ?? null
}
