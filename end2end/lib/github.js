// What GitHub's REST API answers to whoever makes a release or reads one, in the shapes that it documents.

import { createServer } from 'node:http'

export class GitHub {
  releases = []
  requests = []
  /** It answers nothing but 502. */
  isDown = false

  static async start() {
    const github = new GitHub()
    github.server = createServer((request, answer) => github.#answer(request, answer))
    await new Promise((resolve) => github.server.listen(0, '127.0.0.1', resolve))
    github.url = `http://127.0.0.1:${github.server.address().port}`
    return github
  }

  stop() {
    this.server.close()
    this.server.closeAllConnections()
  }

  async #answer(request, answer) {
    const parts = []
    for await (const part of request) parts.push(part)
    const body = Buffer.concat(parts)
    const url = new URL(request.url, this.url)
    this.requests.push({ method: request.method, path: url.pathname, headers: request.headers })
    if (this.isDown) return answer.writeHead(502).end()
    // Where GitHub keeps files: whoever has the address needs no token, and should send none.
    const stored = /^\/storage\/(\d+)\/(.+)$/.exec(url.pathname)
    if (stored) return answer.writeHead(200).end(this.releases[stored[1] - 1].assets[stored[2]])
    const say = (status, value) => answer.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
    if (request.headers.authorization !== 'Bearer ghs_test') return say(401, { message: 'Bad credentials' })
    const route = `${request.method} ${url.pathname}`
    if (route === 'POST /repos/acme/shop/releases') {
      const wanted = JSON.parse(body)
      if (this.releases.some(({ tag_name }) => tag_name === wanted.tag_name)) {
        return say(422, { message: 'Validation Failed', errors: [{ resource: 'Release', code: 'already_exists', field: 'tag_name' }] })
      }
      const id = this.releases.length + 1
      this.releases.push({ ...wanted, id, assets: {} })
      return say(201, { id, upload_url: `${this.url}/uploads/${id}/assets{?name,label}`, html_url: `${this.url}/acme/shop/releases/tag/untagged` })
    }
    const asset = /^POST \/uploads\/(\d+)\/assets$/.exec(route)
    if (asset) {
      this.releases[asset[1] - 1].assets[url.searchParams.get('name')] = body
      return say(201, { id: 7, state: 'uploaded' })
    }
    const tag = /^GET \/repos\/acme\/shop\/releases\/tags\/(.+)$/.exec(route)
    const found = tag && this.releases.find(({ tag_name, draft }) => !draft && tag_name === decodeURIComponent(tag[1]))
    if (found) return say(200, this.#release(found))
    if (route === 'GET /repos/acme/shop/releases') return say(200, this.releases.map((release) => this.#release(release)))
    const download = /^GET \/repos\/acme\/shop\/releases\/assets\/(\d+)-(.+)$/.exec(route)
    if (download) return answer.writeHead(302, { location: `http://localhost:${this.server.address().port}/storage/${download[1]}/${download[2]}` }).end()
    const shown = /^PATCH \/repos\/acme\/shop\/releases\/(\d+)$/.exec(route)
    if (!shown) return say(404, { message: 'Not Found' })
    const release = Object.assign(this.releases[shown[1] - 1], JSON.parse(body))
    return say(200, this.#release(release))
  }

  #release({ assets, ...release }) {
    const asset = (name) => ({ name, url: `${this.url}/repos/acme/shop/releases/assets/${release.id}-${name}`, state: 'uploaded' })
    return { ...release, assets: Object.keys(assets).map(asset), html_url: `${this.url}/acme/shop/releases/tag/${release.tag_name}` }
  }
}
