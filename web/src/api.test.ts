import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { api } from './api'
import { socketUrl } from './route'

const answers = vi.fn<(url: URL, init: RequestInit) => Promise<Response>>()

beforeEach(() => {
	vi.stubGlobal('document', { baseURI: 'http://host/base/#/KXR-4HTM' })
	vi.stubGlobal('fetch', answers)
	answers.mockReset()
})
afterEach(() => void vi.unstubAllGlobals())

const json = (body: object, status = 200) => Promise.resolve(new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json' } }))

test('addresses are relative to where the page is', async () => {
	answers.mockReturnValue(json({ ticket: 'T' }))
	expect(await api.ticket('KXR4HTM')).toEqual({ ok: true, value: { ticket: 'T' } })
	const [url, init] = answers.mock.calls[0]!
	expect(url.href).toBe('http://host/base/api/ticket')
	expect(init).toMatchObject({ method: 'POST', credentials: 'same-origin', body: '{"class":"KXR4HTM"}' })
	expect(socketUrl()).toBe('ws://host/base/ws')
	vi.stubGlobal('document', { baseURI: 'https://host/' })
	expect(socketUrl()).toBe('wss://host/ws')
})

test('a refusal is a value', async () => {
	answers.mockReturnValue(json({ code: 'auth', say: 'auth.login', args: {} }, 401))
	expect(await api.login('A', 'b')).toEqual({ ok: false, refusal: { code: 'auth', say: 'auth.login', args: {} } })
})

test('no network, and a stranger’s page in between, are told apart from refusals', async () => {
	answers.mockReturnValue(Promise.reject(new TypeError('failed')))
	expect(await api.me()).toMatchObject({ ok: false, refusal: { code: 'offline' } })
	answers.mockReturnValue(Promise.resolve(new Response('<html>', { status: 502 })))
	expect(await api.me()).toMatchObject({ ok: false, refusal: { code: 'offline', args: { status: 502 } } })
	answers.mockReturnValue(Promise.resolve(new Response('<html>', { status: 200 })))
	expect(await api.me()).toMatchObject({ ok: false, refusal: { code: 'offline' } })
})

test('a QR code is an address that the policy lets an image have, or none', async () => {
	answers.mockReturnValue(Promise.resolve(new Response('<svg a="#"/>')))
	expect(await api.qr('x')).toBe('data:image/svg+xml,%3Csvg%20a%3D%22%23%22%2F%3E')
	answers.mockReturnValue(json({ code: 'rate', say: 'rate', args: {} }, 429))
	expect(await api.qr('x')).toBeNull()
})
