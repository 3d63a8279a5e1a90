/** The account library's tables as SQLite keeps them (dates as ISO 8601 strings, booleans as 0 and 1), and our own beside them. */
export interface AccountTables {
  readonly user: UserTable
  readonly session: SessionTable
  readonly account: AccountTable
  readonly verification: VerificationTable
  readonly access_tokens: AccessTokenTable
}

interface Dated {
  id: string
  createdAt: string
  updatedAt: string
}

interface UserTable extends Dated {
  name: string
  email: string
  emailVerified: number
  image: string | null
  isAnonymous: number | null
  guestName: number | null
  hue: number | null
  role: string | null
  disabledAt: string | null
}

interface SessionTable extends Dated {
  userId: string
  token: string
  expiresAt: string
  ipAddress: string | null
  userAgent: string | null
}

interface AccountTable extends Dated {
  userId: string
  accountId: string
  providerId: string
  accessToken: string | null
  refreshToken: string | null
  idToken: string | null
  accessTokenExpiresAt: string | null
  refreshTokenExpiresAt: string | null
  scope: string | null
  password: string | null
}

interface VerificationTable extends Dated {
  identifier: string
  value: string
  expiresAt: string
}

/** Times in ms since the epoch. */
interface AccessTokenTable {
  id: string
  user_id: string
  name: string
  scope: string
  sha256: string
  created_at: number
  expires_at: number
  used_at: number | null
}
