import { byLanguage } from './language.ts'

/* The words about who may have an account: sign-ups, invitations, and e-mails that went to another account. */

const en = {
  signUps: 'New accounts',
  signUpPolicies: {
    open: 'Anyone may create an account',
    invited: 'By invitation only',
    off: 'Closed',
  },
  signUpsHint: 'Set by SIGN_UPS when the server starts.',
  closed: 'This server does not accept new accounts',
  closedHint: 'If you already have an account, sign in.',
  byInvitation: 'You need an invitation',
  byInvitationHint: 'Ask the person who runs this server for an invitation link.',
  invite: 'Invite someone',
  inviteHint: 'Creates a link with which one account for this e-mail can be created.',
  makeInvitation: 'Create invitation link',
  madeInvitation: (email: string) =>
    `Invitation for ${email}. It works once, within seven days. Copy it now: it is shown only once.`,
  invited: (email: string) => `For ${email}. This invitation works once.`,

  lost: (email: string) =>
    `${email} now belongs to another account, whose owner has proved it. Your documents are still yours. Choose another e-mail to sign in with.`,
  lostShort: (email: string) =>
    `${email} now belongs to another account, whose owner has proved it. Your documents are still yours.`,
  choose: 'Choose another e-mail',
  newEmail: 'New e-mail',
  resetLost:
    'This account no longer has an e-mail: it belongs to another account, whose owner has proved it. Choose another one and a password. Every browser is signed out and every access token is revoked.',

  endTokens: 'Also revoke my access tokens',
  tokens: 'Access tokens',
  revokeOf: (name: string, who: string) => `Revoke “${name}” of ${who}`,
}

export type AdmissionWords = typeof en

const zhTW: AdmissionWords = {
  signUps: '建立帳號',
  signUpPolicies: { open: '任何人都可以建立帳號', invited: '只限受邀的人', off: '不開放' },
  signUpsHint: '由伺服器啟動時的 SIGN_UPS 設定決定。',
  closed: '這台伺服器不開放建立帳號',
  closedHint: '如果你已經有帳號，請直接登入。',
  byInvitation: '需要邀請才能建立帳號',
  byInvitationHint: '請向管理這台伺服器的人要邀請連結。',
  invite: '邀請',
  inviteHint: '建立一個連結，可以用這個電子郵件建立一個帳號。',
  makeInvitation: '建立邀請連結',
  madeInvitation: (email) => `給 ${email} 的邀請，七天內有效，只能用一次。請現在複製，只會顯示這一次。`,
  invited: (email) => `帳號：${email}。這個邀請只能用一次。`,

  lost: (email) =>
    `${email} 的擁有者已經證明這是自己的電子郵件，現在由另一個帳號使用。你的文件都還是你的。請設定另一個電子郵件，之後用它登入。`,
  lostShort: (email) =>
    `${email} 的擁有者已經證明這是自己的電子郵件，現在由另一個帳號使用。你的文件都還是你的。`,
  choose: '設定另一個電子郵件',
  newEmail: '新的電子郵件',
  resetLost:
    '這個帳號已經沒有電子郵件：原本的那一個，擁有者已經證明是自己的，現在由另一個帳號使用。請設定另一個電子郵件和密碼。所有瀏覽器都會登出，所有存取權杖都會撤銷。',

  endTokens: '同時撤銷我的存取權杖',
  tokens: '存取權杖',
  revokeOf: (name, who) => `撤銷 ${who} 的「${name}」`,
}

/** Returns the words about who may have an account, in one language. */
export const admissionWordsIn = byLanguage<AdmissionWords>({ en, 'zh-TW': zhTW })
