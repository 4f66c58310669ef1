// The harness, tried on the app itself: a load generator that sees no failure must be able to.

import assert from 'node:assert/strict'
import { access } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { axe, launch, screenshots } from './lib/browser.js'
import { command } from './lib/command.js'
import { buildImage, engineVersion, removeImage } from './lib/docker.js'
import { startHello } from './lib/hello.js'
import { startLoad } from './lib/load.js'
import { Repository } from './lib/repository.js'

describe('the load generator', () => {
  it('sees every kind of client answered, and no failure where there is none', async () => {
    const hello = await startHello({ HELLO_VERSION: 'v1.0.0', HELLO_QUIET: '1' })
    const load = await startLoad({ port: hello.port, host: 'web.localhost', maxSeconds: 20 })
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    const summary = await load.stop()
    await hello.stop()
    assert.deepEqual(summary.failures, [])
    assert.deepEqual(summary.cuts, {})
    assert.deepEqual(summary.sequences, { 'v1.0.0': 78 })
    for (const kind of ['keepAlive', 'fresh', 'post', 'sse', 'websocket']) assert.ok(summary.answered[kind] > 0, kind)
  })

  it('sees an outage', async () => {
    const hello = await startHello({ HELLO_QUIET: '1' })
    const load = await startLoad({ port: hello.port, host: 'web.localhost', clients: { keepAlive: 2 }, maxSeconds: 20 })
    await hello.stop('SIGKILL')
    await new Promise((resolve) => setTimeout(resolve, 300))
    const summary = await load.stop()
    assert.ok(summary.failed > 0)
    assert.match(summary.failures.join('\n'), /keepAlive: ECONN/)
    assert.deepEqual(Object.keys(summary.cuts).sort(), ['sse', 'websocket'])
  })

  it('sees a version that comes back', async () => {
    const hello = await startHello({ HELLO_VERSION: 'v1', HELLO_QUIET: '1' })
    const other = await startHello({ HELLO_VERSION: 'v2', HELLO_QUIET: '1' })
    const balancer = await alternate([hello.port, other.port])
    const only = { keepAlive: 0, fresh: 1, post: 0, sse: 0, websocket: 0 }
    const load = await startLoad({ port: balancer.address().port, host: 'web.localhost', clients: only, maxSeconds: 20 })
    await new Promise((resolve) => setTimeout(resolve, 200))
    const summary = await load.stop()
    balancer.close()
    await Promise.all([hello.stop(), other.stop()])
    assert.deepEqual(summary.failures, [])
    assert.match(Object.keys(summary.sequences)[0], /v1 > v2 > v1/)
  })
})

/** A TCP forwarder that takes turns. */
function alternate(ports) {
  let turn = 0
  const server = createServer((client) => {
    const upstream = connect(ports[turn++ % ports.length], '127.0.0.1')
    client.pipe(upstream).pipe(client)
    for (const socket of [client, upstream]) socket.on('error', () => (client.destroy(), upstream.destroy()))
  })
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)))
}

describe('the browser', () => {
  let browser, hello
  before(async () => ([browser, hello] = await Promise.all([launch(), startHello({ HELLO_VERSION: 'v1.1.0' })])))
  after(() => Promise.all([browser.close(), hello.stop()]))

  it('takes a picture in each theme and width', async () => {
    const paths = await screenshots(await browser.newContext(), 'sample', hello.url)
    assert.equal(paths.length, 4)
    for (const path of paths) await access(path)
  })

  it('finds nothing wrong with the sample, and something with a page that is wrong', async () => {
    const context = await browser.newContext()
    assert.deepEqual(await axe(context, hello.url), [])
    const found = await axe(context, 'data:text/html,<title>x</title><img src="data:,">')
    assert.ok(found.some((line) => line.includes('image-alt')), found.join('\n'))
  })
})

const noEngine = (await engineVersion()) ? false : 'no Docker Engine answers'

describe('what is deployed', () => {
  it('is a repository with tags', async () => {
    const repository = await Repository.make({ tag: 'v1' }, { tag: 'v2', env: { HELLO_UNHEALTHY: '1' } })
    assert.equal(await repository.git('tag', '--list'), 'v1\nv2')
    assert.equal(await repository.git('show', 'v1:version'), 'v1')
    assert.match(await repository.git('show', 'v2:Dockerfile'), /ENV HELLO_UNHEALTHY="1"/)
    await repository.remove()
  })

  it('is an image that runs', { skip: noEngine }, async () => {
    const tag = 'sealdock-e2e-harness:v3'
    await buildImage(tag, { version: 'v3.0.0', env: { HELLO_MESSAGE: 'with "quotes"' } })
    const id = await command('docker', ['run', '--detach', '--publish', '127.0.0.1::8080', tag])
    try {
      const address = await command('docker', ['port', id, '8080'])
      const answer = await fetch(`http://${address}/env?name=HELLO_MESSAGE`)
      assert.equal(answer.headers.get('x-hello-version'), 'v3.0.0')
      assert.equal(await answer.text(), 'with "quotes"')
    } finally {
      await command('docker', ['rm', '--force', id])
      await removeImage(tag)
    }
  })
})
