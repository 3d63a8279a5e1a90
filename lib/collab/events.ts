/** An event of the rooms, for the log. Holds no token and no text. */
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
      /**
       * A member's copy shows other content than the log gives. Digests are shortened because they identify the
       * text.
       */
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
