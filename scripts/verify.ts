import { resolve } from 'node:path'
import { verifyDatabase } from '#lib/storage/sqlite/verify.ts'

/*
 * `npm run verify`: reads the whole database in DATA_DIR (or the folder given as argument) and prints one line per
 * problem. Exits with code 1 if there is one. Changes nothing; the server may be running.
 */

const dataDir = resolve(process.argv[2] ?? (process.env.DATA_DIR || './data'))
const { problems, documents, rows, snapshots } = verifyDatabase(dataDir)
for (const problem of problems) console.log(problem)
console.log(
  `${dataDir}: ${documents} documents, ${rows} rows, ${snapshots} snapshots; ` +
    (problems.length === 0 ? 'everything holds' : `${problems.length} problems`),
)
process.exitCode = problems.length === 0 ? 0 : 1
