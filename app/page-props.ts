/** What Next gives a page of what follows `?` in its address. */
export interface PageProps {
  readonly searchParams: Promise<Record<string, string | string[] | undefined>>
}

/** One value of the query, null when it is not there. */
export async function queryOf({ searchParams }: PageProps, name: string): Promise<string | null> {
  const value = (await searchParams)[name]
  return typeof value === 'string' ? value : null
}
