/*
 * The data that the release before decision 0045 left in a database and in browsers: written by better-auth 1.7.25 on
 * 2026-11-30, unchanged since. Guests on http and https, an administrator with a password, and a user of a provider.
 */

/** The server's secret at that time. */
export const SECRET = 'a secret of more than thirty-two characters'

export const AT = Date.parse('2026-11-30T09:08:19.300Z')

/** The password of the administrator Mei (mei@example.org). The ligature counts as two letters. */
export const PASSWORD = 'corréct horse ﬁ battery'

/** The `Set-Cookie` values. */
export const COOKIES = {
  guest:
    'commonplace=7XNveFLDn1ausf2vZatYFbsWavFAf6hQ.pW0Le88tQl4PDjXrdsqr9H21YtGEhw%2FC4Sc32mgMRw8%3D; Max-Age=34560000; Path=/; HttpOnly; SameSite=Lax',
  secureGuest:
    '__Host-commonplace=GIpkWK71WtEPtwSLbx2JhgCshZyPnfRr.19ndfdJvABsvIwnIXAO3o%2BMFF0j%2F5g4s2IvXGSfDnGs%3D; Max-Age=34560000; Path=/; HttpOnly; Secure; SameSite=Lax',
  account:
    'commonplace=i7K5mXJD7DxfsJPJNcoPPmRDUoVebhCY.2PZ9FB3oMHoOUFjfJVGylcbDI4GdDD3bIH%2Ba2PKSDs0%3D; Max-Age=34560000; Path=/; HttpOnly; SameSite=Lax',
  wei: 'commonplace=8yKHy93lFGzky17BSf87YEPj16e3loIJ.dHGprre9WKGuT%2FJj4sdWDD5RSatRGS4aIucIEx7AQlc%3D; Max-Age=34560000; Path=/; HttpOnly; SameSite=Lax',
}

export const USERS = [
  {
    id: 'Y9c7tWdIwLEX1Ma7abAeesFxbsZLdJvB',
    name: '',
    email: '2xqrayykrcpmazqicpono55rqnfzlluq@anonymous.placeholder.invalid',
    emailVerified: 0,
    image: null,
    createdAt: '2026-11-30T09:08:18.891Z',
    updatedAt: '2026-11-30T09:08:18.891Z',
    isAnonymous: 1,
    guestName: 67,
    hue: null,
    role: null,
    disabledAt: null,
  },
  {
    id: '8rpaaJoKQrTrqypvR8Bba1jmDCTTxm2K',
    name: '',
    email: 'bb1oapjonlvf3fracc8wpgeiqa2plzt7@anonymous.placeholder.invalid',
    emailVerified: 0,
    image: null,
    createdAt: '2026-11-30T09:08:18.911Z',
    updatedAt: '2026-11-30T09:08:18.911Z',
    isAnonymous: 1,
    guestName: 25,
    hue: null,
    role: null,
    disabledAt: null,
  },
  {
    id: 'IlapaGuDrJb7s1B15ljKnzvfpACcVbM4',
    name: 'Mei',
    email: 'mei@example.org',
    emailVerified: 0,
    image: null,
    createdAt: '2026-11-30T09:08:19.017Z',
    updatedAt: '2026-11-30T09:08:19.022Z',
    isAnonymous: 0,
    guestName: 134,
    hue: null,
    role: 'admin',
    disabledAt: null,
  },
  {
    id: 'WvolQn14rOu73zLBQYNhfUWy2nPI40d7',
    name: 'Wei',
    email: 'wei@school.example',
    emailVerified: 1,
    image: null,
    createdAt: '2026-11-30T09:08:19.220Z',
    updatedAt: '2026-11-30T09:08:19.220Z',
    isAnonymous: 0,
    guestName: 122,
    hue: null,
    role: null,
    disabledAt: null,
  },
]

export const ACCOUNTS = [
  {
    id: 'e8a137a1-fb64-4baf-85ce-cc437859409d',
    accountId: 'IlapaGuDrJb7s1B15ljKnzvfpACcVbM4',
    providerId: 'credential',
    userId: 'IlapaGuDrJb7s1B15ljKnzvfpACcVbM4',
    accessToken: null,
    refreshToken: null,
    idToken: null,
    accessTokenExpiresAt: null,
    refreshTokenExpiresAt: null,
    scope: null,
    password:
      'f6a471ae825c3444ed2171d2ea90d7b0:1c781f8d95351a9252983a30e159e5b271102b512faf41791c43cb70d04aa41254284dd8cdbf0d2015b1c7e8d0935dcc2243cda2f557cb690e01cca61d886475',
    createdAt: '2026-11-30T09:08:19.022Z',
    updatedAt: '2026-11-30T09:08:19.022Z',
  },
  {
    id: 'JaXPpV4zDFbg09xIAbt61MIcvdHLJU06',
    accountId: 'wei',
    providerId: 'oidc',
    userId: 'WvolQn14rOu73zLBQYNhfUWy2nPI40d7',
    accessToken: null,
    refreshToken: null,
    idToken: null,
    accessTokenExpiresAt: '2026-11-30T09:18:19.208Z',
    refreshTokenExpiresAt: null,
    scope: 'openid,email,profile',
    password: null,
    createdAt: '2026-11-30T09:08:19.221Z',
    updatedAt: '2026-11-30T09:08:19.221Z',
  },
]

export const SESSIONS = [
  {
    id: '6M8h73MrsxCQXuZiAPlmGVPj0snOb0wz',
    expiresAt: '2028-01-04T09:08:18.896Z',
    token: '7XNveFLDn1ausf2vZatYFbsWavFAf6hQ',
    createdAt: '2026-11-30T09:08:18.896Z',
    updatedAt: '2026-11-30T09:08:18.896Z',
    ipAddress: '',
    userAgent: '',
    userId: 'Y9c7tWdIwLEX1Ma7abAeesFxbsZLdJvB',
  },
  {
    id: '3o8nc0BHGq9QmSdO2PnvSqhsF2PzLieZ',
    expiresAt: '2028-01-04T09:08:18.912Z',
    token: 'GIpkWK71WtEPtwSLbx2JhgCshZyPnfRr',
    createdAt: '2026-11-30T09:08:18.912Z',
    updatedAt: '2026-11-30T09:08:18.912Z',
    ipAddress: '',
    userAgent: '',
    userId: '8rpaaJoKQrTrqypvR8Bba1jmDCTTxm2K',
  },
  {
    id: 'X9og9pmgYplHMYTuDWAuiMRgOdpcIh1s',
    expiresAt: '2028-01-04T09:08:19.028Z',
    token: 'i7K5mXJD7DxfsJPJNcoPPmRDUoVebhCY',
    createdAt: '2026-11-30T09:08:19.028Z',
    updatedAt: '2026-11-30T09:08:19.028Z',
    ipAddress: '',
    userAgent: '',
    userId: 'IlapaGuDrJb7s1B15ljKnzvfpACcVbM4',
  },
  {
    id: 'oF9gcLidySbtuiT590jwT4GKQf0tDQ9W',
    expiresAt: '2028-01-04T09:08:19.222Z',
    token: '8yKHy93lFGzky17BSf87YEPj16e3loIJ',
    createdAt: '2026-11-30T09:08:19.222Z',
    updatedAt: '2026-11-30T09:08:19.222Z',
    ipAddress: '',
    userAgent: '',
    userId: 'WvolQn14rOu73zLBQYNhfUWy2nPI40d7',
  },
]
