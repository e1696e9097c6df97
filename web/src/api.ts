/*
 * The requests of proto/README.md §9. Addresses are relative, because the server may sit under a path of its own.
 * Every answer is a value: what was asked for, or a refusal that can be said.
 */
import type { SayArgs } from './wire'

export interface Refusal {
	code: string
	say: string
	args: SayArgs
}

export type Answer<T> = { ok: true; value: T } | { ok: false; refusal: Refusal }

export interface ClassRow {
	code: string
	title: string
	at: number
}

export const OFFLINE: Refusal = { code: 'offline', say: 'offline', args: {} }

async function request(method: 'GET' | 'POST', path: string, body?: object | string): Promise<Response | null> {
	try {
		return await fetch(new URL(path, document.baseURI), {
			method,
			credentials: 'same-origin',
			cache: 'no-store',
			...(body && { headers: { 'Content-Type': 'application/json' }, body: typeof body === 'string' ? body : JSON.stringify(body) }),
		})
	} catch {
		return null
	}
}

async function refusalOf(response: Response): Promise<Refusal> {
	try {
		const { code, say, args } = (await response.json()) as Partial<Refusal>
		if (typeof code === 'string') return { code, say: say ?? code, args: args ?? {} }
	} catch {
		// Not an answer of ours: a proxy's page, say.
	}
	return { code: 'offline', say: response.status === 401 ? 'auth' : 'offline.status', args: { status: response.status } }
}

export async function ask<T>(method: 'GET' | 'POST', path: string, body?: object | string): Promise<Answer<T>> {
	const response = await request(method, path, body)
	if (!response) return { ok: false, refusal: OFFLINE }
	if (!response.ok) return { ok: false, refusal: await refusalOf(response) }
	try {
		return { ok: true, value: (await response.json()) as T }
	} catch {
		return { ok: false, refusal: OFFLINE }
	}
}

export const api = {
	invite: (invite: string, name: string, password: string) => ask<{ name: string }>('POST', 'api/invite', { invite, name, password }),
	login: (name: string, password: string) => ask<{ name: string }>('POST', 'api/login', { name, password }),
	logout: () => ask<object>('POST', 'api/logout', {}),
	me: () => ask<{ name: string; classes: ClassRow[] }>('GET', 'api/me'),
	newClass: (opening: { title: string; prompt?: string; sections?: string[]; hold?: boolean; names?: 'named' | 'hidden' }) =>
		ask<{ code: string; url: string }>('POST', 'api/classes', opening),
	ticket: (code: string) => ask<{ ticket: string }>('POST', 'api/ticket', { class: code }),
	origin: () => ask<{ origin: string }>('GET', 'api/origin'),

	/** A QR code as an address that <img> takes, or null. */
	async qr(text: string): Promise<string | null> {
		const response = await request('POST', 'api/qr', { text })
		return response?.ok ? `data:image/svg+xml,${encodeURIComponent(await response.text())}` : null
	},
}
