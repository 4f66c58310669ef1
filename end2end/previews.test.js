// P-15 from outside: a real repository with pull requests, deliveries as GitHub signs them, and what
// is served at the address of the preview.

import assert from 'node:assert/strict'
import { createHmac, randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import { after, before, describe, it } from 'node:test'
import { Client, ask, git, served } from './lib/client.js'
import { command } from './lib/command.js'
import { engineVersion, labelled, sweep } from './lib/docker.js'
import { eventually } from './lib/eventually.js'
import { Repository } from './lib/repository.js'
import { Sealdock } from './lib/sealdock.js'

const CONFIG = 'health:\n  path: /health\n  timeout_s: 8\ndrain_s: 0\n'
const TOKEN = 'a-token-that-nobody-may-read'
const skip = (await engineVersion()) ? false : 'no Docker Engine answers'

/** A host's API in the shape that GitHub documents: statuses, comments of a pull request, and the list of releases. */
async function forge() {
  const told = { statuses: [], comments: [], releases: [], calls: [] }
  const server = createServer(async (request, answer) => {
    const parts = []
    for await (const part of request) parts.push(part)
    const body = parts.length > 0 ? JSON.parse(Buffer.concat(parts)) : null
    told.calls.push({ method: request.method, url: request.url, authorization: request.headers.authorization })
    const say = (status, value) => answer.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
    const { pathname } = new URL(request.url, 'http://forge')
    if (request.headers.authorization !== `Bearer ${TOKEN}`) return say(401, { message: 'Bad credentials' })
    if (request.method === 'POST' && pathname.startsWith('/repos/acme/web/statuses/')) {
      told.statuses.push({ sha: pathname.split('/').at(-1), ...body })
      return say(201, { id: told.statuses.length, ...body })
    }
    if (pathname === '/repos/acme/web/issues/1/comments') {
      if (request.method === 'GET') return say(200, told.comments)
      told.comments.push({ id: 100 + told.comments.length, body: body.body })
      return say(201, told.comments.at(-1))
    }
    if (request.method === 'GET' && pathname === '/repos/acme/web/releases') return say(200, told.releases)
    const comment = told.comments.find(({ id }) => pathname === `/repos/acme/web/issues/comments/${id}`)
    if (request.method === 'PATCH' && comment) return say(200, Object.assign(comment, body))
    return say(404, { message: 'Not Found' })
  })
  await new Promise((ready) => server.listen(0, '127.0.0.1', ready))
  return { told, url: `http://127.0.0.1:${server.address().port}`, close: () => server.close() }
}

describe('a pull request has a preview', { skip, concurrency: 1 }, () => {
  let sealdock, client, repository, installation, project, hook, host, alone, clock = 0

  before(async () => {
    host = await forge()
    repository = await Repository.make({ tag: 'v1', config: CONFIG })
    sealdock = await Sealdock.start()
    client = await Client.owner(sealdock)
    const view = await client.live('web', git(repository, 'v1'), { env: { DATABASE_PASSWORD: 'of-production' } })
    project = view.summary.project
    installation = await client.installation(view.summary.id)
    alone = await labelled(installation)
    hook = await client.post(`/v2/projects/${project}/git/hook`)
  })
  after(async () => {
    host?.close()
    await repository?.remove()
    await sealdock?.destroy()
    if (installation) await sweep(installation)
  })

  const previews = () => client.get(`/v2/projects/${project}/previews`)
  const preview = (is) => eventually('the preview is so', async () => (await previews()).reviews.find(is))
  const url = (number) => `http://pr-${number}-web.localhost`
  const named = (number) => client.get(`/v2/projects/${project}`).then(({ environments }) => environments.find(({ name }) => name === `pr-${number}`))

  /** What the pull request of this number has for its head from now on; a fork's is in no branch. */
  async function push(number, version, { fork = false } = {}) {
    const branch = fork ? 'main' : `work-${number}`
    await repository.git('checkout', '--quiet', '-B', `work-${number}`, fork ? 'main' : branch).catch(() =>
      repository.git('checkout', '--quiet', '-B', `work-${number}`, 'main'))
    const head = await repository.release({ tag: `${version}-tag`, version, config: CONFIG })
    await repository.git('tag', '--delete', `${version}-tag`)
    await repository.git('update-ref', `refs/pull/${number}/head`, head)
    await repository.git('checkout', '--quiet', 'main')
    if (fork) await repository.git('branch', '-D', `work-${number}`)
    return head
  }

  /** An event as GitHub sends it. */
  async function tell(number, action, head, { fork = false } = {}) {
    const { path } = hook.hook.paths.find(({ provider }) => provider === 'github')
    clock += 1
    const body = JSON.stringify({
      action, number,
      pull_request: {
        number, state: action === 'closed' ? 'closed' : 'open', title: 'A change',
        updated_at: new Date(Date.UTC(2026, 10, 20) + clock * 1000).toISOString().replace('.000', ''),
        user: { login: 'ada' },
        head: { ref: `work-${number}`, sha: head, repo: { id: fork ? 2 : 1, full_name: fork ? 'eve/web' : 'acme/web' } },
        base: { ref: 'main', repo: { id: 1, full_name: 'acme/web' } },
      },
    })
    const answer = await fetch(`${sealdock.url}${path}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-github-event': 'pull_request',
        'x-github-delivery': randomUUID(),
        'x-hub-signature-256': `sha256=${createHmac('sha256', hook.secret).update(body).digest('hex')}`,
      },
      body,
    })
    assert.equal(answer.status, 202)
  }

  /** The variables of the container that serves an environment. */
  async function variables(number) {
    const { active } = await eventually('it serves', async () => {
      const one = await named(number)
      return one?.active && !one.candidate && one
    })
    const out = await command('docker', ['inspect', '--format', '{{json .Config.Env}}', `sealdock-${active.id}-web-0`])
    return JSON.parse(out).join('\n')
  }

  it('P-15 is off until it is turned on', async () => {
    const head = await push(1, 'one')
    await tell(1, 'opened', head)
    await eventually('it is ignored', async () => {
      const { items } = await client.get(`/v2/projects/${project}/git/deliveries`)
      return items[0].effect === 'Ignored: pull requests get no previews here.'
    })
    const set = await client.cli('preview', 'set', 'web', '--pulls', 'true', '--memory-mib', '128')
    assert.equal(set.code, 0, set.stderr)
    await client.post(`/v2/projects/${project}/git/host`, { provider: 'github', url: host.url, repository: 'acme/web', token: TOKEN })
  })

  it('I-3 I-19 a tag whose release there carries a release.json says so, for one request', async () => {
    const asset = { id: 7, name: 'release.json', state: 'uploaded', content_type: 'application/octet-stream' }
    host.told.releases = [{ id: 1, tag_name: 'v1', target_commitish: 'main', draft: false, prerelease: true, assets: [asset] }]
    const { environments } = await client.get(`/v2/projects/${project}`)
    const { id } = environments.find(({ name }) => name === 'production')
    const { tags, releases_problem } = await client.get(`/v2/environments/${id}/update-options`)
    const marks = tags.map(({ name, pre_release, release_json }) => [name, pre_release, release_json])
    assert.deepEqual([marks, releases_problem], [[['v1', true, true]], null])
    assert.equal(host.told.calls.filter(({ url }) => url.startsWith('/repos/acme/web/releases?')).length, 1)
    const { stdout, stderr } = await client.cli('list', 'web', '--tags')
    assert.match(stdout, /^v1 .*live, pre-release, has release\.json/m, stderr)
  })

  it('P-15 an opened one is served at an address of its own', async () => {
    await tell(1, 'reopened', await repository.git('rev-parse', 'refs/pull/1/head'))
    await served(sealdock, url(1), 'one')
    assert.doesNotMatch(await variables(1), /of-production|DATABASE_PASSWORD/)
  })

  it('P-15 a push to it replaces what is served', async () => {
    const head = await push(1, 'two')
    await tell(1, 'synchronize', head)
    await served(sealdock, url(1), 'two')
    await served(sealdock, 'http://web.localhost', 'v1')
  })

  it('P-15 its host is told, at the commit and in one comment', async () => {
    const head = await repository.git('rev-parse', 'refs/pull/1/head')
    const states = () => host.told.statuses.filter(({ sha }) => sha === head).map(({ state }) => state)
    await eventually('it is told that it serves', async () => states().at(-1) === 'success')
    const last = host.told.statuses.filter(({ sha }) => sha === head).at(-1)
    assert.equal(last.context, 'sealdock/pr-1')
    assert.ok(last.target_url.startsWith(url(1)), last.target_url)
    await eventually('the comment says so', async () =>
      host.told.comments[0]?.body.includes(`The preview of ${head.slice(0, 7)} serves.`))
    assert.equal(host.told.comments.length, 1)
    const { forge } = await previews()
    assert.equal(forge.problem, null)
    assert.equal(JSON.stringify(forge).includes(TOKEN), false)
  })

  it('P-15 a fork waits; approved, that commit is served without any variable', async () => {
    const rules = { ...(await previews()).rules, variables: { OF_PREVIEWS: 'mine' } }
    await client.post(`/v2/projects/${project}/previews`, rules)
    const head = await push(2, 'forked', { fork: true })
    await tell(2, 'opened', head, { fork: true })
    const { id } = await preview(({ waits }) => waits)
    const { needs_me: needs } = await client.get('/v2/overview')
    assert.match(JSON.stringify(needs), /comes from a fork/)
    assert.equal(await named(2), undefined)
    assert.equal((await ask(sealdock, url(2))).status, 404)
    const wrong = await client.refused('POST', `/v2/previews/${id}/approve`, { commit: '1'.repeat(40) })
    assert.equal(wrong.problem.code, 'moved_on')
    const approved = await client.cli('preview', 'approve', id, '--commit', head)
    assert.equal(approved.code, 0, approved.stderr)
    await served(sealdock, url(2), 'forked')
    assert.doesNotMatch(await variables(2), /of-production|DATABASE_PASSWORD|OF_PREVIEWS/)
  })

  it('P-15 a new push to the fork waits again, and what was approved stays', async () => {
    const head = await push(2, 'worse', { fork: true })
    await tell(2, 'synchronize', head, { fork: true })
    await preview((one) => one.waits && one.head === head)
    await served(sealdock, url(2), 'forked')
    const listed = await client.cli('preview', 'list', 'web')
    assert.match(listed.stdout, /pull request 2 .*waits for approval/)
  })

  it('P-15 an own one gets the variables of previews', async () => {
    await tell(1, 'synchronize', await push(1, 'three'))
    await served(sealdock, url(1), 'three')
    assert.match(await variables(1), /OF_PREVIEWS=mine/)
  })

  it('P-15 what is closed leaves nothing behind', async () => {
    await tell(1, 'closed', await repository.git('rev-parse', 'refs/pull/1/head'))
    const { id } = await preview(({ subject }) => subject.name === 2)
    await client.post(`/v2/previews/${id}/close`)
    await eventually('both are gone', async () => (await previews()).reviews.length === 0)
    assert.equal((await ask(sealdock, url(1))).status, 404)
    assert.equal((await ask(sealdock, url(2))).status, 404)
    await served(sealdock, 'http://web.localhost', 'v1')
    assert.deepEqual((await labelled(installation)).sort(), alone.sort())
    const { items } = await client.get(`/v2/events?project=${project}`)
    assert.ok(items.some(({ sentence }) => sentence.startsWith('The preview of pull request 1 is over: ')))
    assert.ok(items.some(({ sentence }) => sentence === 'web / pr-1 is gone.'))
    await eventually('the comment says so', async () => host.told.comments[0].body.includes('The preview is over.'))
    assert.equal(host.told.comments.length, 1)
  })

  it('P-15 the token is in no log, no row that is read, and no argument', async () => {
    assert.ok(host.told.calls.every(({ url, authorization }) => !url.includes(TOKEN) && authorization === `Bearer ${TOKEN}`))
    assert.equal(sealdock.output.join('\n').includes(TOKEN), false)
  })
})
