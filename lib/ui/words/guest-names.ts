import type { Language } from './language.ts'

/* The friendly names of guests: an adjective and an animal of Taiwan, in the reader's language. */

/** The number of adjectives, and of animals. */
export const GUEST_NAME_PARTS = 12

const enManners = [
  'Smiling',
  'Quiet',
  'Curious',
  'Sunny',
  'Gentle',
  'Brave',
  'Dreamy',
  'Nimble',
  'Cheerful',
  'Patient',
  'Bright',
  'Wandering',
]
const enAnimals = [
  'Leopard Cat',
  'Black Bear',
  'Blue Magpie',
  'Sika Deer',
  'Mikado Pheasant',
  'Pangolin',
  'Salamander',
  'Scops Owl',
  'Macaque',
  'Green Turtle',
  'White Dolphin',
  'Landlocked Salmon',
]
const zhManners = [
  '微笑的',
  '安靜的',
  '好奇的',
  '開朗的',
  '溫柔的',
  '勇敢的',
  '愛作夢的',
  '靈巧的',
  '快樂的',
  '有耐心的',
  '明亮的',
  '漫步的',
]
const zhAnimals = [
  '石虎',
  '黑熊',
  '藍鵲',
  '梅花鹿',
  '帝雉',
  '穿山甲',
  '山椒魚',
  '領角鴞',
  '獼猴',
  '綠蠵龜',
  '白海豚',
  '櫻花鉤吻鮭',
]

/** Returns the name for an adjective and an animal, each from 0 to GUEST_NAME_PARTS - 1. */
export const guestNameIn: Record<Language, (manner: number, animal: number) => string> = {
  en: (manner, animal) => `${enManners[manner]} ${enAnimals[animal]}`,
  'zh-TW': (manner, animal) => `${zhManners[manner]}${zhAnimals[animal]}`,
}
