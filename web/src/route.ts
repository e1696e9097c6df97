/* Places and their addresses. Everything sits in the fragment, which never leaves the browser. */
import { isSecret, readCode, showCode } from './ids'

export type Route =
	| { place: 'door'; code: string | null; /** What stood in the address and is no code. */ bad?: string }
	| { place: 'class'; code: string }
	| { place: 'show'; code: string }
	| { place: 'device'; code: string; secret: string }
	| { place: 'invite'; invite: string }
	| { place: 'signin'; then: string }
	| { place: 'desk' }

function decode(part: string): string {
	try {
		return decodeURIComponent(part)
	} catch {
		return part
	}
}

export function readRoute(hash: string): Route {
	const [first = '', second, third] = hash.replace(/^#?\/?/, '').split('/').map(decode)
	if (first === '') return { place: 'door', code: null }
	if (first === 'invite' && second) return { place: 'invite', invite: second }
	if (first === 'signin') return { place: 'signin', then: second ?? '' }
	if (first === 'desk') return { place: 'desk' }
	const code = readCode(first)
	if (!code) return { place: 'door', code: null, bad: first }
	if (second === 'as' && third && isSecret(third)) return { place: 'device', code, secret: third }
	if (second === 'show') return { place: 'show', code }
	return { place: 'class', code }
}

export const classHash = (code: string): string => `#/${showCode(code)}`

/** The address that joins a class, as printed, shown and put into the QR code. */
export const classUrl = (origin: string, code: string): string => `${origin.replace(/\/$/, '')}/${classHash(code)}`

/** The address of the class's socket. */
export function socketUrl(): string {
	const url = new URL('ws', document.baseURI)
	url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
	url.hash = ''
	return url.href
}
