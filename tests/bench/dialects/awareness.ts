import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'

/* Carets as y-protocols and the editors' own bindings send them: a whole JSON state each time. */

/** Encodes an awareness update with the state of one client, whose caret is at clock `move`. */
export function encodeCaret(clientId: number, move: number): Uint8Array {
  const position = { type: null, tname: null, item: { client: clientId, clock: move }, assoc: 0 }
  const state = {
    user: { name: `Guest ${clientId}`, color: '#30bced', colorLight: '#30bced33' },
    cursor: { anchor: position, head: position },
  }
  return encoding.encode((e) => {
    encoding.writeVarUint(e, 1)
    encoding.writeVarUint(e, clientId)
    encoding.writeVarUint(e, move + 1)
    encoding.writeVarString(e, JSON.stringify(state))
  })
}

export function readCarets(update: Uint8Array, caret: (clientId: number, move: number) => void): void {
  const d = decoding.createDecoder(update)
  for (let count = decoding.readVarUint(d); count > 0; count--) {
    const clientId = decoding.readVarUint(d)
    decoding.readVarUint(d)
    const state: unknown = JSON.parse(decoding.readVarString(d))
    const move = /"clock":(\d+)/.exec(JSON.stringify(state))?.[1]
    if (move !== undefined) caret(clientId, Number(move))
  }
}
