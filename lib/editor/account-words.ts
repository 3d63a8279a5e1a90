import type { Language } from './language.ts'

/* The words of the pages for accounts and administration, in the two languages of the interface. As words.ts. */

const count = (n: number) => n.toLocaleString('en')

const en = {
  signIn: 'Sign in',
  signUp: 'Make an account',
  signOut: 'Sign out',
  account: 'Account',
  admin: 'Administration',
  email: 'E-mail',
  password: 'Password',
  newPassword: 'New password',
  currentPassword: 'Current password',
  passwordHint: (least: number) => `At least ${least} characters. A few words in a row are fine.`,
  name: 'Your name',
  nameHint: 'What others see. You can leave it empty.',
  or: 'or',
  withProvider: (provider: string) => `Sign in with ${provider}`,

  signInLead: 'Your documents, on every device.',
  signInBrings: 'What you wrote in this browser as a guest comes along.',
  noAccount: 'No account yet?',
  hasAccount: 'Already have an account?',
  forgot: 'Forgot the password? Ask whoever runs this server for a link that sets a new one.',
  signUpLead: 'Keep your documents when you change the device or the browser.',
  signUpKeeps: 'Everything you wrote here as a guest stays yours.',
  mustSignIn: 'Sign in to open this document.',
  signInToStart: 'Sign in to start writing',
  leadWithAccounts:
    'Start a document, hand somebody the link, and type together. When it says “Saved”, it is saved.',

  signOutTitle: 'Sign out of this browser?',
  signOutExplain: 'The copies of your documents in this browser are removed. On the server everything stays.',
  unsent: (n: number) =>
    n === 1
      ? '1 change is not saved on the server yet. It is lost if you sign out now.'
      : `${count(n)} changes are not saved on the server yet. They are lost if you sign out now.`,
  unsentHint: 'Open your documents while you are online: they are sent at once.',
  signOutAnyway: 'Sign out and lose them',
  signOutFailed: 'The server cannot be reached. You are still signed in.',
  wipeFailed:
    'You are signed out, but this browser did not remove every copy. Clear its site data to be sure.',
  stay: 'Stay signed in',

  signedInAs: (who: string) => `Signed in as ${who}`,
  profile: 'Profile',
  save: 'Save',
  saved: 'Saved.',
  changePassword: 'Change the password',
  setPasswordHint: 'You sign in with your organisation; there is no password here.',
  passwordEnds: 'Every other browser is signed out.',
  tokens: 'Access tokens for programs',
  tokensLead: 'A program with a token is you, for as long as you allow.',
  tokenName: 'What for',
  tokenScope: 'May',
  scopes: { read: 'read', write: 'read and write' },
  tokenLife: 'Good for',
  days: (n: number) => (n === 1 ? '1 day' : `${n} days`),
  makeToken: 'Make a token',
  madeToken: 'Copy it now: it is shown this once.',
  revoke: 'Revoke',
  revokeOf: (name: string) => `Revoke “${name}”`,
  endsOn: (date: string) => `until ${date}`,
  ended: 'ended',
  usedOn: (date: string) => `last used ${date}`,
  neverUsed: 'never used',

  resetTitle: 'Set a new password',
  resetFor: (email: string) => `For ${email}. Every browser is signed out.`,
  resetEnded: 'This link has been used or has ended.',
  resetEndedHint: 'Ask whoever runs this server for a new one.',
  resetDone: 'The new password is set. Sign in with it.',
  setupTitle: 'Become the administrator',
  setupLead: 'This server has no administrator yet. The link works once.',
  setupYou: (who: string) => `You are signed in as ${who}.`,
  setupMake: 'Make me the administrator',

  guestsPolicy: 'Guests',
  guests: {
    off: 'Nobody without an account',
    view: 'May view',
    comment: 'May view and comment',
    edit: 'May edit, but make no documents',
    create: 'May edit and make documents',
  },
  guestsHint: 'Set by GUESTS when the server starts.',
  users: 'People',
  documents: 'Documents',
  sessions: 'Browsers signed in',
  search: 'Search',
  nothingFound: 'Nothing found.',
  you: 'you',
  isAdmin: 'administrator',
  isDisabled: 'disabled',
  disable: 'Disable',
  enable: 'Enable',
  promote: 'Make administrator',
  demote: 'No longer administrator',
  resetLink: 'Reset link',
  madeLink: (email: string) =>
    `For ${email}, good for one hour and once. Copy it now: it is shown this once.`,
  actionsFor: (who: string) => `Actions for ${who}`,
  deleteDocument: 'Delete',
  deleteOf: (title: string) => `Delete “${title}”`,
  deletedDocument: 'deleted',
  guest: 'a guest',
  end: 'End',
  endOf: (who: string) => `End the session of ${who}`,
  since: (date: string) => `since ${date}`,
  size: (bytes: number) =>
    bytes < 1024 * 1024
      ? `${Math.max(1, Math.round(bytes / 1024))} KB`
      : `${(bytes / 1024 / 1024).toFixed(1)} MB`,

  problems: {
    wrong: 'E-mail or password is not right.',
    disabled: 'This account has been disabled. Ask whoever runs this server.',
    taken: 'There is already an account with this e-mail. Sign in with its password.',
    'signed-in': 'You are signed in already.',
    link: 'This link has been used or has ended.',
    'no-email': 'The provider did not say your e-mail address, which is needed.',
    unreachable: 'The provider cannot be reached. Try again in a moment.',
    failed: 'That did not work. Try again.',
    email: 'That is not an e-mail address.',
    password: 'The password has to have 10 to 128 characters.',
    'too-many': 'There are too many tokens. Revoke one first.',
    'too-often': 'Too many attempts. Wait a minute, then try again.',
    offline: 'The server cannot be reached. Try again in a moment.',
  },
}

/** The words of the account pages in one language. */
export type AccountWords = typeof en

const zhTW: AccountWords = {
  signIn: '登入',
  signUp: '建立帳號',
  signOut: '登出',
  account: '帳號',
  admin: '管理',
  email: '電子郵件',
  password: '密碼',
  newPassword: '新密碼',
  currentPassword: '目前的密碼',
  passwordHint: (least) => `至少 ${least} 個字元，連著寫幾個詞也可以。`,
  name: '你的名字',
  nameHint: '別人會看到的名字，可以留空。',
  or: '或',
  withProvider: (provider) => `使用 ${provider} 登入`,

  signInLead: '在每台裝置上都能找到你的文件。',
  signInBrings: '你以訪客身分在這個瀏覽器寫的內容會一起帶過去。',
  noAccount: '還沒有帳號？',
  hasAccount: '已經有帳號了？',
  forgot: '忘記密碼？請向管理這台伺服器的人要一個設定新密碼的連結。',
  signUpLead: '換裝置或換瀏覽器，文件都還在。',
  signUpKeeps: '你以訪客身分在這裡寫的內容，仍然都是你的。',
  mustSignIn: '登入後才能開啟這份文件。',
  signInToStart: '登入後開始寫',
  leadWithAccounts: '開一份文件，把連結給別人，就能一起打字。看到「已儲存」，就是真的存好了。',

  signOutTitle: '要登出這個瀏覽器嗎？',
  signOutExplain: '這個瀏覽器裡的文件副本會移除，伺服器上的內容都會保留。',
  unsent: (n) => `還有 ${count(n)} 項變更沒有存到伺服器，現在登出就會遺失。`,
  unsentHint: '請在連線時開啟你的文件，變更會立刻送出。',
  signOutAnyway: '登出並捨棄',
  signOutFailed: '連不上伺服器，你仍在登入狀態。',
  wipeFailed: '已登出，但瀏覽器沒有移除所有副本。為求保險，請清除這個網站的資料。',
  stay: '保持登入',

  signedInAs: (who) => `已登入：${who}`,
  profile: '個人資料',
  save: '儲存',
  saved: '已儲存。',
  changePassword: '更改密碼',
  setPasswordHint: '你是透過所屬機構登入的，這裡沒有密碼。',
  passwordEnds: '其他瀏覽器都會登出。',
  tokens: '給程式用的存取權杖',
  tokensLead: '持有權杖的程式就等於你，直到你撤銷或期限到為止。',
  tokenName: '用途',
  tokenScope: '可以',
  scopes: { read: '讀取', write: '讀取與寫入' },
  tokenLife: '有效期限',
  days: (n) => `${n} 天`,
  makeToken: '建立權杖',
  madeToken: '請現在複製，只會顯示這一次。',
  revoke: '撤銷',
  revokeOf: (name) => `撤銷「${name}」`,
  endsOn: (date) => `${date}到期`,
  ended: '已到期',
  usedOn: (date) => `上次使用：${date}`,
  neverUsed: '從未使用',

  resetTitle: '設定新密碼',
  resetFor: (email) => `帳號：${email}。所有瀏覽器都會登出。`,
  resetEnded: '這個連結已經用過或已失效。',
  resetEndedHint: '請向管理這台伺服器的人要新的連結。',
  resetDone: '新密碼設定好了，請用它登入。',
  setupTitle: '成為管理員',
  setupLead: '這台伺服器還沒有管理員。這個連結只能用一次。',
  setupYou: (who) => `你已登入：${who}。`,
  setupMake: '讓我成為管理員',

  guestsPolicy: '訪客',
  guests: {
    off: '沒有帳號的人不能使用',
    view: '可以檢視',
    comment: '可以檢視與註解',
    edit: '可以編輯，但不能建立文件',
    create: '可以編輯與建立文件',
  },
  guestsHint: '由伺服器啟動時的 GUESTS 設定決定。',
  users: '使用者',
  documents: '文件',
  sessions: '登入中的瀏覽器',
  search: '搜尋',
  nothingFound: '沒有找到。',
  you: '你',
  isAdmin: '管理員',
  isDisabled: '已停用',
  disable: '停用',
  enable: '啟用',
  promote: '設為管理員',
  demote: '取消管理員',
  resetLink: '重設連結',
  madeLink: (email) => `給 ${email}，一小時內有效，只能用一次。請現在複製，只會顯示這一次。`,
  actionsFor: (who) => `對 ${who} 的操作`,
  deleteDocument: '刪除',
  deleteOf: (title) => `刪除「${title}」`,
  deletedDocument: '已刪除',
  guest: '訪客',
  end: '結束',
  endOf: (who) => `結束 ${who} 的登入`,
  since: (date) => `${date}起`,
  size: (bytes) => en.size(bytes),

  problems: {
    wrong: '電子郵件或密碼不正確。',
    disabled: '這個帳號已停用，請詢問管理這台伺服器的人。',
    taken: '這個電子郵件已經有帳號，請用它的密碼登入。',
    'signed-in': '你已經登入了。',
    link: '這個連結已經用過或已失效。',
    'no-email': '登入服務沒有提供你的電子郵件，這是必要的。',
    unreachable: '連不上登入服務，請稍後再試。',
    failed: '沒有成功，請再試一次。',
    email: '這不是電子郵件地址。',
    password: '密碼要有 10 到 128 個字元。',
    'too-many': '權杖太多了，請先撤銷一個。',
    'too-often': '嘗試太多次了，請等一分鐘再試。',
    offline: '連不上伺服器，請稍後再試。',
  },
}

const WORDS: Record<Language, AccountWords> = { en, 'zh-TW': zhTW }

/** The words of the account pages in one language. */
export function accountWordsIn(language: Language): AccountWords {
  return WORDS[language]
}

/** The sentence for a problem as a route names it; null for none. */
export function problemWords(problem: string | null, words: AccountWords): string | null {
  if (problem === null) return null
  const sentences: Readonly<Record<string, string>> = words.problems
  return (Object.hasOwn(sentences, problem) ? sentences[problem] : null) ?? words.problems.failed
}
