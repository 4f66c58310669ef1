// Whoever uses Sealdock: over REST with a token of their own, and the same by the command line.

import { execFile } from 'node:child_process'
import { request } from 'node:http'
import { join } from 'node:path'
import { command, lines } from './command.js'
import { eventually } from './eventually.js'
import { SEALDOCK } from './places.js'

export const PASSWORD = 'correct horse battery staple'
const REQUEST_LIMIT_MS = 30_000
const CLI_LIMIT_MS = 90_000

/** A "no" of the API, as a test looks at it. */
export class Refused extends Error {
  constructor(status, problem) {
    super(`${status} ${problem?.code}: ${problem?.detail} ${problem?.way_out ?? ''}`)
    Object.assign(this, { status, problem })
  }
}

export class Client {
  /** @param {string} [cookie]  of whoever's token it is: for a browser */
  constructor(sealdock, token, cookie) {
    Object.assign(this, { sealdock, token, cookie })
  }

  /** Makes the first owner by the printed link, as a browser would, and a token for it. */
  static async owner(sealdock, { email = 'owner@example.invalid' } = {}) {
    const token = new URL(await sealdock.setupLink()).searchParams.get('token')
    const cookie = await fill(sealdock, '/setup', { token, email, password: PASSWORD, organization: 'Acme' })
    return Client.bySession(sealdock, cookie, 'owner')
  }

  /** A token of the one whose session the cookie is. */
  static async bySession(sealdock, cookie, role) {
    const answer = await fetch(`${sealdock.url}/v2/tokens`, {
      method: 'POST',
      headers: { cookie, origin: sealdock.url, 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'test', role }),
    })
    const made = await answer.json()
    if (!answer.ok) throw new Refused(answer.status, made)
    return new Client(sealdock, made.token, cookie)
  }

  /** The body of a success; a `Refused` otherwise. */
  async call(method, path, body) {
    const isRaw = body instanceof Uint8Array
    const answer = await fetch(`${this.sealdock.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.token}`,
        ...(body === undefined ? {} : { 'content-type': isRaw ? 'application/octet-stream' : 'application/json' }),
      },
      body: body === undefined || isRaw ? body : JSON.stringify(body),
      signal: AbortSignal.timeout(REQUEST_LIMIT_MS),
    })
    const text = await answer.text()
    const value = text === '' ? null : JSON.parse(text)
    if (!answer.ok) throw new Refused(answer.status, value)
    return value
  }

  get = (path) => this.call('GET', path)
  post = (path, body) => this.call('POST', path, body)

  /** The refusal of a call that has to be refused. */
  async refused(method, path, body) {
    try {
      const value = await this.call(method, path, body)
      throw new Error(`not refused: ${JSON.stringify(value).slice(0, 300)}`)
    } catch (error) {
      if (error instanceof Refused) return error
      throw error
    }
  }

  create(name, source, config = {}) {
    return this.post('/v2/projects', { name, source, config })
  }

  /** Plans and confirms what was planned. */
  async update(environment, update, typed) {
    const { digest } = await this.post(`/v2/environments/${environment}/update/plan`, update)
    return this.post(`/v2/environments/${environment}/update`, { update, digest, typed })
  }

  deployment = (id) => this.get(`/v2/deployments/${id}`)
  environment = (id) => this.get(`/v2/environments/${id}`)

  /** The deployment once it is in one of these phases; a failed one fails at once, with its reason. */
  async until(id, phases, { timeoutMs = 60_000 } = {}) {
    const wanted = [phases].flat()
    let last
    const view = await eventually(`${id} is ${wanted.join(' or ')}`, async () => {
      last = await this.deployment(id)
      const { phase } = last.summary
      return (wanted.includes(phase) || ['failed', 'cancelled'].includes(phase)) && last
    }, { timeoutMs, everyMs: 50 }).catch((error) => {
      throw new Error(`${error.message}; it is ${last?.summary.phase}: ${last?.summary.sentence}`, { cause: error })
    })
    if (wanted.includes(view.summary.phase)) return view
    throw new Error(`${id} is ${view.summary.phase}, not ${wanted.join(' or ')}: ${view.summary.sentence}`)
  }

  async live(name, source, config) {
    const { summary } = await this.create(name, source, config)
    return this.until(summary.id, 'live')
  }

  async updated(environment, update, typed) {
    const { summary } = await this.update(environment, update, typed)
    return this.until(summary.id, 'live')
  }

  delete(project, name) {
    return this.call('DELETE', `/v2/projects/${project}?confirm=${encodeURIComponent(name)}`)
  }

  gone(project) {
    return eventually(`project ${project} is gone`, () =>
      this.get(`/v2/projects/${project}`).then(() => false, (error) => error.status === 404))
  }

  upload(name, bytes) {
    return this.post(`/v2/uploads?name=${encodeURIComponent(name)}`, new Uint8Array(bytes))
  }

  /** What a job or an instance printed, as one text. */
  async log(stream) {
    const page = await this.get(`/v2/logs/${encodeURIComponent(stream)}?limit=5000`)
    return page.lines.map(({ text }) => text).join('\n')
  }

  /** The command line with this token: its exit code and what it printed. Nobody is at a terminal. */
  cli(...args) {
    return this.cliWith('', ...args)
  }

  /** The same, with this on its standard input. */
  cliWith(input, ...args) {
    // Not this machine's own profile.
    const env = { ...process.env, SEALDOCK_URL: this.sealdock.url, SEALDOCK_TOKEN: this.token, HOME: inData(this.sealdock, 'home') }
    return new Promise((resolve) => {
      const child = execFile(SEALDOCK, args, { env, timeout: CLI_LIMIT_MS }, (error, stdout, stderr) =>
        resolve({ code: error ? error.code : 0, stdout, stderr }))
      child.stdin.end(input)
    })
  }

  /** What the installation's label says; only a deployment that has a container knows. */
  async installation(deployment) {
    const name = containerName(deployment)
    return command('docker', ['inspect', '--format', '{{index .Config.Labels "sealdock.installation"}}', name])
  }
}

/** Sends a form of a page; the cookie of the session that it began. */
export async function fill(sealdock, path, fields) {
  const answer = await fetch(`${sealdock.url}${path}`, {
    method: 'POST',
    redirect: 'manual',
    headers: { origin: sealdock.url },
    body: new URLSearchParams(fields),
  })
  if (answer.status !== 303) throw new Refused(answer.status, await answer.json().catch(() => null))
  return answer.headers.getSetCookie().map((cookie) => cookie.split(';')[0]).join('; ')
}

export function containerName(deployment, replica = 0) {
  return `sealdock-${deployment}-web-${replica}`
}

/** Asks an app through the proxy; `host` may be the URL that the API names. */
export function ask(sealdock, host, path = '/version', { method = 'GET', headers = {}, limitMs = 10_000 } = {}) {
  const options = {
    host: '127.0.0.1', port: sealdock.proxyPort, path, method, agent: false,
    headers: { host: hostOf(host), connection: 'close', ...headers },
  }
  return new Promise((resolve, reject) => {
    const outgoing = request(options, async (answer) => {
      try {
        const parts = []
        for await (const part of answer) parts.push(part)
        const bytes = Buffer.concat(parts)
        resolve({ status: answer.statusCode, headers: answer.headers, bytes, body: bytes.toString() })
      } catch (error) {
        reject(error)
      }
    })
    outgoing.setTimeout(limitMs, () => outgoing.destroy(new Error(`silent for ${limitMs} ms`)))
    outgoing.once('error', reject).end()
  })
}

/** Waits until the app answers so; the milliseconds that took. */
export async function served(sealdock, host, body, { timeoutMs = 30_000, path = '/version' } = {}) {
  const began = performance.now()
  let last
  await eventually(`${hostOf(host)} answers ${body}`, async () => {
    last = await ask(sealdock, host, path, { limitMs: 2_000 })
    return last.status === 200 && last.body.trim() === body
  }, { timeoutMs, everyMs: 5 }).catch((error) => {
    throw new Error(`${error.message}; the last answer was ${last?.status} ${last?.body.slice(0, 120)}`, { cause: error })
  })
  return performance.now() - began
}

export function hostOf(url) {
  return url.includes('://') ? new URL(url).hostname : url
}

/** Our images of these deployments that the Engine still has. */
export async function imagesOf(deployments) {
  const tags = await lines('docker', ['image', 'ls', '--format', '{{.Repository}}:{{.Tag}}', 'sealdock/build'])
  return tags.filter((tag) => deployments.some((id) => tag.endsWith(id)))
}

export const git = (repository, tag) => ({
  kind: 'git',
  url: typeof repository === 'string' ? repository : repository.url,
  revision: tag === undefined ? { kind: 'head' } : { kind: 'tag', name: tag },
})
export const image = (reference, local = true) => ({ kind: 'image', reference, local })
export const bundle = (upload) => ({ kind: 'bundle', upload: upload.id })
export const inData = (sealdock, ...parts) => join(sealdock.data, ...parts)
