/** An event of the rooms for the log and the catalog. Holds no token and no text, except a projected title. */
export type RoomEvent =
  | { readonly type: 'document-damaged'; readonly documentId: string; readonly reason: string }
  | { readonly type: 'commit-failed'; readonly reason: string }
  | { readonly type: 'row-refused'; readonly documentId: string; readonly reason: string }
  | { readonly type: 'load-failed'; readonly documentId: string; readonly reason: string }
  | { readonly type: 'fold-failed'; readonly documentId: string; readonly reason: string }
  | {
      readonly type: 'schema-broken'
      readonly documentId: string
      readonly userId: string
      readonly reason: string
    }
  | {
      /** Somebody's copy shows something else than the log gives. Digests shortened: they are of the text. */
      readonly type: 'content-differs'
      readonly documentId: string
      readonly seq: number
      readonly userId: string
      readonly clientId: number
      readonly ours: string
      readonly theirs: string
    }
  | {
      readonly type: 'history-behind'
      readonly documentId: string
      readonly head: number
      readonly claimed: number
    }
  | { readonly type: 'title-projected'; readonly documentId: string; readonly title: string }
