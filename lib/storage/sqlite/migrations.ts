import type { DatabaseSync } from 'node:sqlite'
import { inTransaction } from './connection.ts'

/** "CMNP": distinguishes our database from other SQLite files. */
const APPLICATION_ID = 0x434d_4e50

/**
 * The schema, one step per version; `user_version` counts the steps done. Released steps never change. The names of
 * the account tables and their columns are better-auth's (docs/decisions/0045-own-account-tables.md).
 */
const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  INSERT INTO meta VALUES ('starts', 0);

  CREATE TABLE documents (
    id TEXT PRIMARY KEY,
    lineage TEXT NOT NULL,
    title TEXT NOT NULL DEFAULT '',
    owner_id TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    head_seq INTEGER NOT NULL DEFAULT 0,
    head_chain BLOB NOT NULL,
    schema_version INTEGER NOT NULL,
    acl_version INTEGER NOT NULL DEFAULT 0,
    restored_at INTEGER,
    deleted_at INTEGER
  ) STRICT, WITHOUT ROWID;

  -- Without rowid: the rows of one document lie together, so that a load or a trim touches few pages.
  CREATE TABLE document_log (
    document_id TEXT NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
    seq INTEGER NOT NULL,
    chain BLOB NOT NULL,
    at INTEGER NOT NULL,
    entries BLOB NOT NULL,
    PRIMARY KEY (document_id, seq)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE document_clients (
    document_id TEXT NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
    client_id INTEGER NOT NULL,
    user_id TEXT NOT NULL,
    last_n INTEGER NOT NULL,
    PRIMARY KEY (document_id, client_id)
  ) STRICT, WITHOUT ROWID;

  -- sha256 is of the state; head_sha256 is of sha256, chain and vector, so that a load can check them without the state.
  CREATE TABLE document_snapshots (
    document_id TEXT NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
    upto_seq INTEGER NOT NULL,
    chain BLOB NOT NULL,
    vector BLOB NOT NULL,
    sha256 BLOB NOT NULL,
    head_sha256 BLOB NOT NULL,
    at INTEGER NOT NULL,
    state BLOB NOT NULL,
    PRIMARY KEY (document_id, upto_seq)
  ) STRICT;

  CREATE TABLE links (
    id TEXT PRIMARY KEY,
    document_id TEXT NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
    role TEXT NOT NULL,
    version INTEGER NOT NULL DEFAULT 1,
    expires_at INTEGER,
    password_hash TEXT,
    revoked_at INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX links_document ON links (document_id);

  CREATE TABLE visits (
    user_id TEXT NOT NULL,
    document_id TEXT NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
    link_id TEXT NOT NULL REFERENCES links (id) ON DELETE CASCADE,
    visited_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, document_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX visits_document ON visits (document_id);
  CREATE INDEX visits_link ON visits (link_id);

  CREATE TABLE "user" (
    "id" text NOT NULL PRIMARY KEY,
    "name" text NOT NULL,
    "email" text NOT NULL UNIQUE,
    "emailVerified" integer NOT NULL,
    "image" text,
    "createdAt" date NOT NULL,
    "updatedAt" date NOT NULL,
    "isAnonymous" integer,
    "guestName" integer,
    "hue" integer
  );
  CREATE TABLE "session" (
    "id" text NOT NULL PRIMARY KEY,
    "expiresAt" date NOT NULL,
    "token" text NOT NULL UNIQUE,
    "createdAt" date NOT NULL,
    "updatedAt" date NOT NULL,
    "ipAddress" text,
    "userAgent" text,
    "userId" text NOT NULL REFERENCES "user" ("id") ON DELETE CASCADE
  );
  CREATE TABLE "account" (
    "id" text NOT NULL PRIMARY KEY,
    "accountId" text NOT NULL,
    "providerId" text NOT NULL,
    "userId" text NOT NULL REFERENCES "user" ("id") ON DELETE CASCADE,
    "accessToken" text,
    "refreshToken" text,
    "idToken" text,
    "accessTokenExpiresAt" date,
    "refreshTokenExpiresAt" date,
    "scope" text,
    "password" text,
    "createdAt" date NOT NULL,
    "updatedAt" date NOT NULL
  );
  CREATE TABLE "verification" (
    "id" text NOT NULL PRIMARY KEY,
    "identifier" text NOT NULL,
    "value" text NOT NULL,
    "expiresAt" date NOT NULL,
    "createdAt" date NOT NULL,
    "updatedAt" date NOT NULL
  );
  CREATE INDEX "session_userId_idx" ON "session" ("userId");
  CREATE INDEX "account_userId_idx" ON "account" ("userId");
  CREATE INDEX "verification_identifier_idx" ON "verification" ("identifier");
  `,
  `
  -- What damage could still hide in: the oldest row kept had no chain before it to be checked with, and a client's
  -- last batch no hash. Null: written before this step. clients_sha256 is of document_clients.
  ALTER TABLE documents ADD COLUMN base_chain BLOB;
  ALTER TABLE document_snapshots ADD COLUMN clients_sha256 BLOB;
  `,
  `
  -- Accounts beside guests. Null in role: nobody special; in disabledAt: may sign in.
  ALTER TABLE "user" ADD COLUMN "role" text;
  ALTER TABLE "user" ADD COLUMN "disabledAt" date;

  -- A guest who signed in to an account they had: what is bound to the guest is the account's.
  CREATE TABLE aliases (
    of_user_id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES "user" ("id") ON DELETE CASCADE,
    at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX aliases_user ON aliases (user_id, at);
  CREATE INDEX documents_owner ON documents (owner_id);

  -- Personal access tokens of programs: the hash only.
  CREATE TABLE access_tokens (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES "user" ("id") ON DELETE CASCADE,
    name TEXT NOT NULL,
    scope TEXT NOT NULL,
    sha256 TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX access_tokens_user ON access_tokens (user_id);
  `,
  `
  -- The most that people with a link can do; null: nothing.
  ALTER TABLE documents ADD COLUMN link_role TEXT DEFAULT 'editor';
  CREATE INDEX documents_deleted ON documents (deleted_at) WHERE deleted_at IS NOT NULL;
  CREATE UNIQUE INDEX links_live ON links (document_id, role) WHERE revoked_at IS NULL;
  CREATE INDEX links_expiry ON links (expires_at) WHERE expires_at IS NOT NULL;

  CREATE TABLE grants (
    document_id TEXT NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
    user_id TEXT NOT NULL,
    role TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (document_id, user_id)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE access_requests (
    document_id TEXT NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
    user_id TEXT NOT NULL,
    role TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (document_id, user_id)
  ) STRICT, WITHOUT ROWID;

  -- Who has entered the password of a link.
  CREATE TABLE unlocks (
    link_id TEXT NOT NULL REFERENCES links (id) ON DELETE CASCADE,
    user_id TEXT NOT NULL,
    PRIMARY KEY (link_id, user_id)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- Never written since accounts stopped being a library's (docs/decisions/0045-own-account-tables.md).
  DROP TABLE "verification";
  ALTER TABLE links DROP COLUMN version;

  -- The rows of erased documents, so that the count of all rows never decreases (history-mark.ts). format rises when
  -- something is stored that an older release would misread.
  INSERT INTO meta VALUES ('erased_rows', 0), ('format', 0);
  CREATE TRIGGER documents_erased AFTER DELETE ON documents WHEN old.head_seq > 0 BEGIN
    UPDATE meta SET value = value + old.head_seq WHERE key = 'erased_rows';
  END;

  -- Whatever changes what a user may do in a document raises its acl_version in the same transaction.
  CREATE TRIGGER acl_documents AFTER UPDATE OF owner_id, link_role, deleted_at ON documents BEGIN
    UPDATE documents SET acl_version = acl_version + 1 WHERE id = new.id;
  END;
  CREATE TRIGGER acl_links_insert AFTER INSERT ON links BEGIN
    UPDATE documents SET acl_version = acl_version + 1 WHERE id = new.document_id;
  END;
  CREATE TRIGGER acl_links_update AFTER UPDATE ON links BEGIN
    UPDATE documents SET acl_version = acl_version + 1 WHERE id = new.document_id;
  END;
  CREATE TRIGGER acl_grants_insert AFTER INSERT ON grants BEGIN
    UPDATE documents SET acl_version = acl_version + 1 WHERE id = new.document_id;
  END;
  CREATE TRIGGER acl_grants_update AFTER UPDATE ON grants BEGIN
    UPDATE documents SET acl_version = acl_version + 1 WHERE id = new.document_id;
  END;
  CREATE TRIGGER acl_grants_delete AFTER DELETE ON grants BEGIN
    UPDATE documents SET acl_version = acl_version + 1 WHERE id = old.document_id;
  END;
  CREATE TRIGGER acl_unlocks_insert AFTER INSERT ON unlocks BEGIN
    UPDATE documents SET acl_version = acl_version + 1
    WHERE id = (SELECT document_id FROM links WHERE id = new.link_id);
  END;
  CREATE TRIGGER acl_unlocks_update AFTER UPDATE ON unlocks BEGIN
    UPDATE documents SET acl_version = acl_version + 1
    WHERE id = (SELECT document_id FROM links WHERE id = new.link_id);
  END;
  CREATE TRIGGER acl_unlocks_delete AFTER DELETE ON unlocks BEGIN
    UPDATE documents SET acl_version = acl_version + 1
    WHERE id = (SELECT document_id FROM links WHERE id = old.link_id);
  END;
  `,
  `
  -- The e-mail that an account had without having proved it, and that a user took who had: it is told, and may choose
  -- another.
  ALTER TABLE "user" ADD COLUMN "lostEmail" text;
  CREATE INDEX "user_lostEmail_idx" ON "user" ("lostEmail") WHERE "lostEmail" IS NOT NULL;
  `,
  `
  -- What the rows and the snapshot of a document weigh; a row weighs 64 more than its entries.
  ALTER TABLE documents ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;
  UPDATE documents SET bytes =
    (SELECT coalesce(sum(length(entries) + 64), 0) FROM document_log WHERE document_id = documents.id) +
    (SELECT coalesce(sum(length(state) + length(vector)), 0) FROM document_snapshots
      WHERE document_id = documents.id);
  CREATE INDEX grants_user ON grants (user_id);
  CREATE INDEX access_requests_user ON access_requests (user_id);
  CREATE INDEX unlocks_user ON unlocks (user_id);
  `,
]

/** The greatest `format` in meta that this version reads. */
const FORMAT = 0

/** Returns why a readable database cannot be used, or null if it can. Writes nothing. */
export function foreignDatabase(db: DatabaseSync): string | null {
  const isOurs = pragma(db, 'application_id') === APPLICATION_ID
  if (!isOurs && !isEmpty(db)) return 'is another program’s database'
  const version = schemaVersionOf(db)
  if (version <= MIGRATIONS.length) {
    const format = formatOf(db)
    if (format <= FORMAT) return null
    return `was written by a newer version of Commonplace (its format is ${format}, this version knows ${FORMAT})`
  }
  return `was written by a newer version of Commonplace (its schema is ${version}, this version knows ${MIGRATIONS.length})`
}

/** The schema of a database of this version. */
export const SCHEMA_VERSION = MIGRATIONS.length

/** Returns the number of migrations done in a database, 0 if it is new. */
export function schemaVersionOf(db: DatabaseSync): number {
  return pragma(db, 'user_version')
}

/**
 * Migrates a database that passed `foreignDatabase` to the newest schema, or to an older `upto`, as a whole or not at
 * all: between two releases there is nothing that neither of them knows. Idempotent.
 */
export function migrate(db: DatabaseSync, upto = SCHEMA_VERSION): void {
  const from = schemaVersionOf(db)
  if (from >= upto) return
  inTransaction(db, () => {
    for (const step of MIGRATIONS.slice(from, upto)) db.exec(step)
    db.exec(`PRAGMA application_id = ${APPLICATION_ID}`)
    db.exec(`PRAGMA user_version = ${upto}`)
  })
}

function pragma(db: DatabaseSync, name: string): number {
  return Number(db.prepare(`PRAGMA ${name}`).get()?.[name] ?? 0)
}

function formatOf(db: DatabaseSync): number {
  if (schemaVersionOf(db) === 0) return 0
  return Number(db.prepare("SELECT value FROM meta WHERE key = 'format'").get()?.value ?? 0)
}

function isEmpty(db: DatabaseSync): boolean {
  return db.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() === undefined
}
