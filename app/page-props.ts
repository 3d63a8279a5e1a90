/** The query that Next passes to a page. */
export interface PageProps {
  readonly searchParams: Promise<Record<string, string | string[] | undefined>>
}

/** Returns one value of the query, or null if it is missing. */
export async function queryOf({ searchParams }: PageProps, name: string): Promise<string | null> {
  const value = (await searchParams)[name]
  return typeof value === 'string' ? value : null
}
