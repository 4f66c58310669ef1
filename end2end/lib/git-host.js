// A Git host of our own: repositories over http on loopback, behind a user name and a token, served
// by git itself; and its large files.

import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { command } from './command.js'
import { freshDirectory } from './places.js'

export class GitHost {
  /** How long it thinks before it answers: time to look at what runs meanwhile. */
  delayMs = 0
  /** Large files by their SHA-256. @type {Map<string, Buffer>} */
  large = new Map()
  /** Of requests that were let in. */
  answered = 0

  /** @param {{username: string, token: string}} user */
  static async start(user) {
    const host = new GitHost()
    host.user = user
    host.root = await freshDirectory('git-host')
    host.server = createServer((request, response) => host.#answer(request, response).catch((error) => response.destroy(error)))
    await new Promise((resolve, reject) => host.server.once('error', reject).listen(0, '127.0.0.1', resolve))
    return host
  }

  get place() {
    return `127.0.0.1:${this.server.address().port}`
  }

  url = (name) => `http://${this.place}/${name}.git`

  /** What the repository has now is what the host gives out. */
  async publish(repository, name) {
    const bare = join(this.root, `${name}.git`)
    await rm(bare, { recursive: true, force: true })
    await mkdir(dirname(bare), { recursive: true })
    await command('git', ['clone', '--quiet', '--bare', repository.path, bare])
  }

  /** The pointer that stands in the repository for these bytes. */
  pointer(text) {
    const bytes = Buffer.from(text)
    const oid = createHash('sha256').update(bytes).digest('hex')
    this.large.set(oid, bytes)
    return `version https://git-lfs.github.com/spec/v1\noid sha256:${oid}\nsize ${bytes.length}\n`
  }

  async stop() {
    this.server.closeAllConnections()
    await new Promise((resolve) => this.server.close(resolve))
    await rm(this.root, { recursive: true, force: true })
  }

  #isKnown({ authorization = '' }) {
    const { username, token } = this.user
    return authorization === `Basic ${Buffer.from(`${username}:${token}`).toString('base64')}`
  }

  async #answer(request, response) {
    await sleep(this.delayMs)
    if (!this.#isKnown(request.headers)) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end()
      return
    }
    this.answered++
    const { pathname, search } = new URL(request.url, 'http://host')
    if (pathname.endsWith('/info/lfs/objects/batch')) await this.#batch(request, response)
    else if (pathname.startsWith('/large/')) this.#large(pathname.slice('/large/'.length), response)
    else this.#git(request, response, pathname, search.slice(1))
  }

  async #batch(request, response) {
    let text = ''
    for await (const part of request) text += part
    const href = (oid) => `http://${this.place}/large/${oid}`
    const one = ({ oid, size }) => this.large.has(oid)
      ? { oid, size, actions: { download: { href: href(oid) } } }
      : { oid, size, error: { code: 404, message: 'not here' } }
    const body = JSON.stringify({ transfer: 'basic', objects: JSON.parse(text).objects.map(one) })
    response.writeHead(200, { 'content-type': 'application/vnd.git-lfs+json' }).end(body)
  }

  #large(oid, response) {
    const bytes = this.large.get(oid)
    response.writeHead(bytes ? 200 : 404).end(bytes)
  }

  /** By CGI, which is how git wants to be asked. */
  #git(request, response, pathname, query) {
    const { headers } = request
    const child = spawn('git', ['http-backend'], {
      env: {
        PATH: process.env.PATH, GIT_PROJECT_ROOT: this.root, GIT_HTTP_EXPORT_ALL: '1', REMOTE_USER: this.user.username,
        PATH_INFO: pathname, QUERY_STRING: query, REQUEST_METHOD: request.method,
        CONTENT_TYPE: headers['content-type'] ?? '', HTTP_CONTENT_ENCODING: headers['content-encoding'] ?? '',
        ...(headers['git-protocol'] ? { GIT_PROTOCOL: headers['git-protocol'] } : {}),
      },
      stdio: ['pipe', 'pipe', 'ignore'],
    })
    request.pipe(child.stdin).on('error', () => {})
    let head = Buffer.alloc(0)
    const begin = (part) => {
      head = Buffer.concat([head, part])
      const end = head.indexOf('\r\n\r\n')
      if (end < 0) return
      child.stdout.off('data', begin)
      const fields = head.subarray(0, end).toString().split('\r\n').map((line) => line.split(/: (.*)/))
      const status = fields.find(([name]) => name === 'Status')?.[1] ?? '200'
      response.writeHead(Number.parseInt(status, 10), Object.fromEntries(fields.filter(([name]) => name !== 'Status').map(([name, value]) => [name, value])))
      response.write(head.subarray(end + 4))
      child.stdout.pipe(response)
    }
    child.stdout.on('data', begin)
  }
}
