/** The account library's tables as SQLite keeps them: dates as ISO 8601 strings, booleans as 0 and 1. */
export interface AccountTables {
  readonly user: UserTable
  readonly session: SessionTable
  readonly account: AccountTable
  readonly verification: VerificationTable
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
