// Another organization in the same installation. Today a server has one way in, its set-up link,
// so a second organization is written where the first one is kept.

import { createHash, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { Client } from './client.js'
import { command } from './command.js'

const INSERT = `
import sqlite3, sys, time
path, token_hash = sys.argv[1:]
database, now = sqlite3.connect(path, timeout=10), int(time.time() * 1000)
org, user, token = 'org_01h00000000000000000000001', 'usr_01h00000000000000000000001', 'tok_01h00000000000000000000001'
with database:
    database.execute('INSERT INTO orgs VALUES (?, ?, ?)', (org, 'Other', now))
    database.execute('INSERT INTO users VALUES (?, ?, ?, ?)', (user, 'other@example.invalid', '-', now))
    database.execute('INSERT INTO memberships VALUES (?, ?, ?, ?)', (org, user, 'owner', now))
    database.execute('INSERT INTO tokens VALUES (?, ?, ?, ?, ?, ?, ?, NULL, NULL)', (token, org, user, 'test', token_hash, 'owner', now))
`

/** The owner of another organization. */
export async function otherTenant(sealdock) {
  const token = `sd_${randomBytes(24).toString('hex')}`
  const hash = createHash('sha256').update(token).digest('hex')
  await command('python3', ['-c', INSERT, join(sealdock.data, 'sealdock.db'), hash])
  return new Client(sealdock, token)
}
