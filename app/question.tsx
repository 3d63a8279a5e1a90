import { type ApiPath, pathOf } from '#lib/protocol/urls.ts'

interface QuestionProps {
  /** The id that the asking button names as its `popoverTarget`. */
  readonly id: string
  readonly question: string
  readonly cancel: string
  readonly answer: string
  readonly path: ApiPath
  readonly name: string
  readonly value: string
}

/** A confirmation: the first press opens it, the second one acts. Works without JavaScript. */
export function Question({ id, question, cancel, answer, path, name, value }: QuestionProps) {
  return (
    <div id={id} popover="auto" className="popover popover-ask">
      <p>{question}</p>
      <form method="post" action={pathOf({ to: 'api', path })}>
        <input type="hidden" name={name} value={value} />
        <div className="button-row button-row-end">
          <button type="button" className="button button-quiet" popoverTarget={id} popoverTargetAction="hide">
            {cancel}
          </button>
          <button type="submit" className="button button-danger">
            {answer}
          </button>
        </div>
      </form>
    </div>
  )
}
