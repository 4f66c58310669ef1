// I-15 from outside: a domain is added, proved, and served with a certificate that a real authority
// issued over HTTP-01 or DNS-01; renewals, refusals and own certificates likewise. What counts is the
// body that comes through the data plane, over TLS that is checked against the authority's root.

import assert from 'node:assert/strict'
import { rm, stat, writeFile, readFile } from 'node:fs/promises'
import { Agent, request as secure } from 'node:https'
import { request as plain } from 'node:http'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from 'node:tls'
import { Authority, EAB, missingTools, Names, selfSigned } from './lib/authority.js'
import { tarGz } from './lib/archive.js'
import { lookedBy } from './lib/browser.js'
import { bundle, Client } from './lib/client.js'
import { eventually } from './lib/eventually.js'
import { freePort, freshDirectory } from './lib/places.js'
import { Sealdock } from './lib/sealdock.js'

const missing = await missingTools()
const skip = missing.length ? `not installed: ${missing.join(', ')}; ./setup tests installs them` : false
// An order that came to nothing is tried again after a minute.
const LONG = { timeoutMs: 150_000, everyMs: 100 }

/** One request over TLS, or an error. */
function ask(sealdock, host, ca, { path = '/', agent = false, headers = {} } = {}) {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port: sealdock.tlsPort, servername: host, path, ca, agent, headers: { host, ...headers } }
    secure(options, async (answer) => {
      try {
        const [serial, protocol] = [answer.socket.getPeerCertificate().serialNumber, answer.socket.getProtocol()]
        let body = ''
        for await (const part of answer) body += part
        resolve({ status: answer.statusCode, headers: answer.headers, body, serial, protocol })
      } catch (error) {
        reject(error)
      }
    }).once('error', reject).setTimeout(10_000, function () { this.destroy(new Error('silent')) }).end()
  })
}

/** One request without TLS. */
function bare(sealdock, host, path = '/') {
  return new Promise((resolve, reject) => {
    plain({ host: '127.0.0.1', port: sealdock.proxyPort, path, headers: { host }, agent: false }, async (answer) => {
      let body = ''
      for await (const part of answer) body += part
      resolve({ status: answer.statusCode, headers: answer.headers, body })
    }).once('error', reject).end()
  })
}

/** A Sealdock with TLS whose names come from this DNS server; the authority knows its port before. */
async function started(names, proxyPort, args) {
  const tlsPort = await freePort()
  const all = ['--runtime', 'fake', '--proxy-tls-listen', `127.0.0.1:${tlsPort}`, '--dns-server', names.address, ...args]
  const sealdock = new Sealdock()
  const data = await freshDirectory('data')
  Object.assign(sealdock, { options: { args: all }, data, port: await freePort(), proxyPort, tlsPort, before: new Set() })
  await sealdock.serve()
  return sealdock
}

/** A site that the data plane serves by itself: it needs no Engine, and no control plane. */
async function site(client) {
  const upload = await client.upload('site.tar.gz', tarGz({ 'index.html': PAGE }))
  return client.live('web', bundle(upload))
}

const acme = (authority) => ['--acme-directory', authority.url, '--acme-root', authority.own.certFile, '--acme-contact', 'ops@example.com']
const PAGE = '<!doctype html><title>Shop</title><p>open</p>'

describe('domains of one\'s own', { skip, concurrency: 1 }, () => {
  let names, authority, sealdock, client, environment, directory, body

  before(async () => {
    directory = await freshDirectory('domains')
    names = await Names.start()
    const port = await freePort()
    authority = await Authority.start(names, { httpPort: port, validS: 90 * 86400 })
    const hook = await names.hook(directory)
    sealdock = await started(names, port, [...acme(authority), '--dns01-hook', hook])
    client = await Client.owner(sealdock)
    const view = await site(client)
    ;({ environment } = view.summary)
    body = (await bare(sealdock, new URL(view.urls[0]).hostname)).body
    assert.equal(body, PAGE)
  })
  after(async () => {
    await sealdock?.destroy()
    await authority?.stop()
    names?.stop()
    await rm(directory, { recursive: true, force: true })
  })

  const domain = (id) => client.get(`/v2/domains/${id}`)
  const settings = (extra = {}) => ({ environment, certificate: 'acme', https_only: true, hsts_s: 0, ...extra })
  const set = (id, extra) => client.post(`/v2/domains/${id}/settings`, settings(extra))
  const record = (view) => view.records.find(({ kind }) => kind === 'TXT')

  /** Added, proved and led to the app. */
  async function proved(name) {
    const view = await client.post('/v2/domains', { name, environment })
    await names.txt(record(view).name, record(view).value)
    const seen = await client.post(`/v2/domains/${view.id}/verify`)
    assert.equal(seen.proof, 'txt', seen.sentence)
    return seen
  }

  const serving = (id) => eventually('it serves with a certificate', async () => {
    const view = await domain(id)
    if (view.status === 'failed') throw new Error(view.sentence)
    return view.status === 'serving' && view
  }, LONG)

  it('I-15 is proved by a record, gets a certificate by HTTP-01, and serves the app with it', async () => {
    const added = await client.post('/v2/domains', { name: 'Shop.Example.COM', environment })
    assert.equal(added.name, 'shop.example.com')
    assert.equal(added.status, 'unproven')
    const early = await client.post(`/v2/domains/${added.id}/verify`)
    assert.match(early.sentence, /^There is no TXT record at _sealdock\.shop\.example\.com yet\./)
    assert.equal((await bare(sealdock, 'shop.example.com')).status, 404, 'an unproved name leads nowhere')
    await names.txt(record(added).name, record(added).value)
    await client.post(`/v2/domains/${added.id}/verify`)
    const view = await serving(added.id)
    const answer = await ask(sealdock, 'shop.example.com', authority.root)
    assert.deepEqual([answer.status, answer.body], [200, body])
    assert.equal(answer.serial.toLowerCase(), view.certificate.serial.toLowerCase())
    assert.equal(answer.protocol, 'TLSv1.3')
    assert.equal(answer.headers['strict-transport-security'], undefined)
    await assert.rejects(ask(sealdock, 'shop.example.com', undefined), /self-signed|unable to/)
  })

  it('I-15 sends requests without TLS to TLS, and tells browsers to insist when asked to', async () => {
    const [view] = (await client.get('/v2/domains')).items
    const moved = await bare(sealdock, view.name, '/a?b=c')
    assert.deepEqual([moved.status, moved.headers.location], [308, `https://shop.example.com:${sealdock.tlsPort}/a?b=c`])
    await set(view.id, { hsts_s: 86_400 })
    await eventually('HSTS is sent', async () =>
      (await ask(sealdock, view.name, authority.root)).headers['strict-transport-security'] === 'max-age=86400')
    await set(view.id, { https_only: false })
    await eventually('it serves without TLS too', async () => (await bare(sealdock, view.name)).body === body)
    await set(view.id)
  })

  it('I-15 refuses a name that it has no certificate for, by the alert that says so', async () => {
    const error = await new Promise((resolve) => {
      const socket = connect({ host: '127.0.0.1', port: sealdock.tlsPort, servername: 'nobody.example.com' }, () => resolve(null))
      socket.once('error', resolve)
    })
    assert.match(`${error?.code} ${error?.message}`, /unrecognized.name/i)
  })

  it('I-15 keeps the key out of every answer, and its snapshot to itself', async () => {
    const text = JSON.stringify(await client.get('/v2/domains'))
    assert.ok(!text.includes('PRIVATE KEY'))
    const found = []
    for (const name of ['routes.json', 'routes.json.prev']) {
      const path = join(sealdock.data, name)
      found.push([(await stat(path)).mode & 0o777, (await readFile(path, 'utf8')).includes('PRIVATE KEY')])
    }
    assert.deepEqual(found, [[0o600, true], [0o600, true]])
    const database = await readFile(join(sealdock.data, 'sealdock.db'), 'latin1')
    assert.ok(!database.includes('PRIVATE KEY'), 'sealed at rest')
  })

  it('I-15 serves on with TLS while the control plane is dead, and after a new data plane started alone', async () => {
    await sealdock.kill()
    assert.equal((await ask(sealdock, 'shop.example.com', authority.root)).body, body)
    await sealdock.serve()
    process.kill(await sealdock.proxyPid(), 'SIGKILL')
    await eventually('a new data plane serves TLS from its snapshot', async () =>
      (await ask(sealdock, 'shop.example.com', authority.root)).body === body)
  })

  it('I-15 serves a wildcard, proved by DNS-01 through the operator\'s hook', async () => {
    const view = await proved('*.wild.example.org')
    await serving(view.id)
    assert.equal((await ask(sealdock, 'anything.wild.example.org', authority.root)).body, body)
    await assert.rejects(ask(sealdock, 'a.b.wild.example.org', authority.root))
  })

  it('I-15 says where a domain points that is not here, and asks no authority', async () => {
    await names.at('away.example.com', '203.0.113.9')
    const view = await proved('away.example.com')
    assert.equal(view.status, 'elsewhere')
    assert.equal(view.sentence, 'away.example.com points to 203.0.113.9, and this server is at 127.0.0.1.')
    await sleep(1_500)
    assert.equal((await domain(view.id)).certificate, null)
    await set(view.id, { environment: null })
    await client.call('DELETE', `/v2/domains/${view.id}`)
  })

  it('I-15 takes a certificate of one\'s own, and says what is wrong with one', async () => {
    const view = await proved('own.example.com')
    const good = await selfSigned(directory, ['own.example.com'])
    const other = await selfSigned(directory, ['other.example.com'])
    const upload = (own) => [`/v2/domains/${view.id}/certificate`, own]
    const wrong = await client.refused('POST', ...upload({ chain: other.chain, key: other.key }))
    assert.equal(wrong.problem.detail, 'The certificate is for other.example.com, and not for own.example.com.')
    const mixed = await client.refused('POST', ...upload({ chain: good.chain, key: other.key }))
    assert.equal(mixed.problem.place, 'key')
    const taken = await client.post(...upload({ chain: good.chain, key: good.key }))
    assert.equal(taken.certificate_source, 'own')
    await eventually('it is served', async () => (await ask(sealdock, 'own.example.com', good.chain)).body === body)
  })

  it('Q-42 has a page where nothing is wrong, in any theme and width', async () => {
    assert.deepEqual(await lookedBy(client, 'domains', '/settings/domains'), [])
  })

  it('I-15 is removed only when it leads nowhere, and then is served no more', async () => {
    const view = (await client.get('/v2/domains')).items.find(({ name }) => name === 'own.example.com')
    const refused = await client.refused('DELETE', `/v2/domains/${view.id}`)
    assert.deepEqual([refused.status, refused.problem.code], [409, 'domain_in_use'])
    await set(view.id, { environment: null, certificate: 'own' })
    await client.call('DELETE', `/v2/domains/${view.id}`)
    await eventually('nobody serves it', () => ask(sealdock, view.name, undefined).then(() => false, () => true))
    assert.equal((await bare(sealdock, view.name)).status, 404)
  })

  it('I-15 does the same from a shell', async () => {
    const added = await client.cli('domain', 'add', 'shell.example.com', '--project', 'web')
    assert.equal(added.code, 0, added.stderr)
    assert.match(added.stdout, /_sealdock\.shell\.example\.com/)
    assert.equal((await client.cli('domain', 'verify', 'shell.example.com')).code, 0)
    assert.match((await client.cli('domain', 'list')).stdout, /shop\.example\.com +serving +web \/ production/)
    assert.notEqual((await client.cli('domain', 'remove', 'shell.example.com')).code, 0)
    assert.equal((await client.cli('domain', 'set', 'shell.example.com', '--detach')).code, 0)
    assert.equal((await client.cli('domain', 'remove', 'shell.example.com')).code, 0)
  })

  it('I-15 says what a dead authority is, and goes on serving', async () => {
    authority.kill()
    const view = await proved('late.example.com')
    const failed = await eventually('it says why', async () => {
      const now = await domain(view.id)
      return now.status === 'failed' && now
    }, LONG)
    assert.match(failed.sentence, /^the certificate authority can't be asked: .*onnect/)
    assert.equal((await ask(sealdock, 'shop.example.com', authority.root)).body, body)
  })
})

describe('certificates that are renewed', { skip, concurrency: 1 }, () => {
  let names, authority, sealdock, client, directory

  before(async () => {
    directory = await freshDirectory('renewals')
    names = await Names.start()
    const port = await freePort()
    // Two thirds of a minute: then the next one is asked for. The account takes a binding.
    authority = await Authority.start(names, { httpPort: port, validS: 60, eab: true })
    const key = join(directory, 'eab')
    await writeFile(key, `${EAB.key}\n`)
    const binding = ['--acme-eab-kid', EAB.kid, '--acme-eab-key-file', key]
    sealdock = await started(names, port, [...acme(authority), ...binding])
    client = await Client.owner(sealdock)
  })
  after(async () => {
    await sealdock?.destroy()
    await authority?.stop()
    names?.stop()
    await rm(directory, { recursive: true, force: true })
  })

  it('I-15 replaces one at two thirds of its life without a failed request, killed in between or not', async () => {
    const { summary } = await site(client)
    const added = await client.post('/v2/domains', { name: 'soon.example.com', environment: summary.environment })
    const { name, value } = added.records.find(({ kind }) => kind === 'TXT')
    await names.txt(name, value)
    await client.post(`/v2/domains/${added.id}/verify`)
    const first = await eventually('the first one serves', async () => ask(sealdock, 'soon.example.com', authority.root), LONG)
    const agent = new Agent({ keepAlive: true, maxSockets: 4 })
    const [serials, failures] = [new Set(), []]
    let asked = 0
    const until = Date.now() + 55_000
    let killed = false
    while (Date.now() < until && (serials.size < 2 || !killed)) {
      for (const way of [agent, false]) {
        asked += 1
        await ask(sealdock, 'soon.example.com', authority.root, { agent: way }).then(
          (answer) => (answer.status === 200 ? serials.add(answer.serial) : failures.push(answer.status)),
          (error) => failures.push(error.message))
      }
      if (!killed && Date.now() > until - 18_000) {
        // Around the time of the renewal: whatever it was at is taken up again.
        killed = true
        await sealdock.kill()
        await sealdock.serve()
      }
      await sleep(50)
    }
    agent.destroy()
    assert.deepEqual(failures, [])
    assert.ok(serials.has(first.serial) && serials.size >= 2, `${[...serials]} in ${asked} requests`)
  })
})
