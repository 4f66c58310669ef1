// A terminal in an instance of a debug environment, and none in production.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { nodeImage, removeBase } from './lib/base-image.js'
import { Client, containerName, fill, image, PASSWORD, served } from './lib/client.js'
import { lines } from './lib/command.js'
import { engineVersion, sweep } from './lib/docker.js'
import { eventually } from './lib/eventually.js'
import { Sealdock } from './lib/sealdock.js'
import { Socket } from './lib/socket.js'

const BASE = 'sealdock-test/exec-base:1'
const APP = `require('http').createServer((q, a) => a.end(process.env.GREETING || 'hello')).listen(process.env.PORT)`
const skip = (await engineVersion()) ? false : 'no Docker Engine answers'

describe('a terminal', { skip, concurrency: 1 }, () => {
  let sealdock, client, installation, project, production, debug, first

  before(async () => {
    await nodeImage(BASE)
    sealdock = await Sealdock.start()
    client = await Client.owner(sealdock)
    const config = { command: ['node', '-e', APP], drain_s: 0 }
    first = await client.live('web', image(BASE), config)
    ;({ project, environment: production } = first.summary)
    installation = await client.installation(first.summary.id)
    debug = (await client.post(`/v2/projects/${project}/environments`, { name: 'debug', debug: true })).id
    await client.updated(debug, { source: image(BASE), config: { ...config, env: { GREETING: 'from debug' } } })
    await served(sealdock, 'debug-web.localhost', 'from debug', { path: '/' })
  })
  after(async () => {
    await sealdock?.destroy()
    if (installation) await sweep(installation)
    await removeBase(BASE)
  })

  const path = (id, query = '') => `${sealdock.url}/v2/environments/${id}/terminal${query}`
  const open = (id, query, headers = { authorization: `Bearer ${client.token}` }) => Socket.open(path(id, query), headers)
  const words = (...argv) => `?argv=${encodeURIComponent(JSON.stringify(argv))}`
  const serving = async (id) => (await client.environment(id)).active.id
  const processes = async (id) => (await lines('docker', ['top', containerName(await serving(id)), '-eo', 'pid,args'])).join('\n')

  it('I-10 keys go in and the screen comes out, in the size that was said', async () => {
    const socket = await open(debug, `${words('sh')}&columns=91&rows=17`)
    socket.type('echo $((6*7)) $TERM $GREETING\n')
    await socket.prints('42 xterm-256color from debug')
    socket.type(`node -p 'process.stdout.columns + "x" + process.stdout.rows'\n`)
    await socket.prints('91x17')
    socket.say({ columns: 120, rows: 40 })
    socket.type(`node -p 'process.stdout.columns + "x" + process.stdout.rows'\n`)
    await socket.prints('120x40')
    socket.type('exit 3\n')
    assert.deepEqual(await socket.ends(), { code: 3, sentence: 'The command ended with code 3.' })
  })

  it('I-10 the command line runs a command, with its input and its code', async () => {
    const piped = await client.cliWith('one\ntwo\n', 'exec', 'web', '--environment', 'debug', '--', 'cat')
    assert.deepEqual([piped.code, piped.stdout], [0, 'one\ntwo\n'], piped.stderr)
    // More than one message; node keeps no more than 1 MiB of what a command prints.
    const large = 'x'.repeat(900_000)
    const much = await client.cliWith(large, 'exec', 'web', '--environment', 'debug', '--', 'cat')
    assert.equal(much.stdout.length, large.length, much.stderr)
    const failed = await client.cli('exec', 'web', '--environment', 'debug', '--', 'sh', '-c', 'exit 7')
    assert.equal(failed.code, 1)
    assert.match(failed.stderr, /ended with code 7/)
    const none = await client.cli('exec', 'web', '--environment', 'debug', '--', 'no-such-program')
    assert.notEqual(none.code, 0)
  })

  it('I-10 production refuses, with the reason and the way out', async () => {
    const { status, problem } = await open(production, words('sh'))
    assert.equal(status, 409)
    assert.match(problem.detail, /web \/ production is not for debugging, so nobody opens a terminal/)
    const said = await client.cli('exec', 'web', '--', 'sh')
    assert.equal(said.code, 3)
    assert.match(said.stderr, /not for debugging/)
    const view = await client.get(`/v2/environments/${production}/terminal`)
    assert.match(view.refused, /not for debugging/)
    const added = await client.refused('POST', `/v2/projects/${project}/environments`, { name: 'production', debug: true })
    assert.match(added.problem.detail, /can't be for debugging/)
  })

  it('I-10 a page of another site opens none with our cookie, ours does', async () => {
    const cookie = await fill(sealdock, '/session', { email: 'owner@example.invalid', password: PASSWORD })
    for (const origin of ['http://evil.example', undefined]) {
      const { status, problem } = await open(debug, words('sh'), { cookie, ...(origin && { origin }) })
      assert.deepEqual([status, problem.code], [403, 'foreign_origin'], String(origin))
    }
    const socket = await open(debug, words('sh', '-c', 'echo ours'), { cookie, origin: sealdock.url })
    await socket.prints('ours')
    const nobody = await open(debug, words('sh'), {})
    assert.equal(nobody.status, 401)
  })

  it('I-10 whoever leaves ends the command', async () => {
    const socket = await open(debug, words('node', '-e', 'setInterval(() => {}, 1000) // left-behind'))
    await eventually('it runs', async () => (await processes(debug)).includes('left-behind'))
    socket.leave()
    await eventually('it was ended', async () => !(await processes(debug)).includes('left-behind'))
  })

  it('I-10 who opened one, when and where is in the log; what was typed is not', async () => {
    const { items } = await client.get(`/v2/events?project=${project}`)
    const opened = items.filter(({ sentence }) => sentence.includes('opened a terminal'))
    assert.ok(opened.length >= 5, JSON.stringify(items))
    assert.match(opened[0].sentence, /^owner@example\.invalid opened a terminal in instance 1 of #\d+ in web \/ debug: [\w-]+\.$/)
    assert.ok(!JSON.stringify(items).includes('6*7'))
  })

  it('I-10 a viewer opens none', async () => {
    const { token } = await client.post('/v2/tokens', { name: 'viewer', role: 'viewer' })
    const { status } = await open(debug, words('sh'), { authorization: `Bearer ${token}` })
    assert.equal(status, 403)
  })

  it('I-10 it ends with its instance', async () => {
    const socket = await open(debug, `${words('sh')}&columns=80&rows=24`)
    socket.type('echo $((1+1))ready\n')
    await socket.prints('2ready')
    await client.updated(debug, {})
    const ended = await socket.ends({ timeoutMs: 40_000 })
    assert.ok(ended.sentence.length > 0)
  })

  it('I-10 promoted from debug, production runs the very same artifact with its own configuration, and says debug: false', async () => {
    const from = await client.deployment(await serving(debug))
    const reuse = { deployment: from.summary.id, config: 'current' }
    const plan = await client.post(`/v2/environments/${production}/update/plan`, { reuse })
    assert.equal(plan.debug, false)
    const there = await client.post(`/v2/environments/${debug}/update/plan`, {})
    assert.equal(there.debug, true)
    const promoted = await client.updated(production, { reuse })
    assert.equal(promoted.artifact.image, from.artifact.image)
    assert.deepEqual([promoted.debug, from.debug], [false, true])
    await served(sealdock, 'web.localhost', 'hello', { path: '/' })
    assert.equal((await open(production, words('sh'))).status, 409)
  })
})
