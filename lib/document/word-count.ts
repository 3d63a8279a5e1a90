// Scripts written without spaces count by character; everything else by word.
const CHARACTER = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Bopomofo}]/gu
const WORD = /[\p{L}\p{N}\p{M}]+(?:['’.\-_@][\p{L}\p{N}\p{M}]+)*/gu

/** Counts 字數: Han (and kana) characters plus words of other scripts. Punctuation does not count. */
export function countWords(text: string): number {
  const characters = text.match(CHARACTER)?.length ?? 0
  const words = text.replace(CHARACTER, ' ').match(WORD)?.length ?? 0
  return characters + words
}
