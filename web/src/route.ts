/* Places and their addresses. Everything sits in the fragment, which never leaves the browser. */
import { isId, isSecret, readCode, showCode } from './ids'

export type Elsewhere = 'teams' | 'past' | 'set'

export type Route =
	| { place: 'door'; code: string | null; /** What stood in the address and is no code. */ bad?: string }
	/** The wall, one of the class's canvases, or a view beside them: the teams, the past of either, what is set of a canvas. */
	| { place: 'class'; code: string; canvas?: string; view?: Elsewhere }
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
	const [first = '', second, third, fourth] = hash.replace(/^#?\/?/, '').split('/').map(decode)
	if (first === '') return { place: 'door', code: null }
	if (first === 'invite' && second) return { place: 'invite', invite: second }
	if (first === 'signin') return { place: 'signin', then: second ?? '' }
	if (first === 'desk') return { place: 'desk' }
	const code = readCode(first)
	if (!code) return { place: 'door', code: null, bad: first }
	if (second === 'as' && third && isSecret(third)) return { place: 'device', code, secret: third }
	if (second === 'show') return { place: 'show', code }
	if (second === 'teams' || second === 'past') return { place: 'class', code, view: second }
	if (second === 'canvas' && third && isId(third)) return { place: 'class', code, canvas: third, ...((fourth === 'past' || fourth === 'set') && { view: fourth }) }
	return { place: 'class', code }
}

export const classHash = (code: string): string => `#/${showCode(code)}`

export const canvasHash = (code: string, canvas: string): string => `${classHash(code)}/canvas/${canvas}`

export const placeHash = (code: string, view: Elsewhere, canvas?: string): string => `${canvas ? canvasHash(code, canvas) : classHash(code)}/${view}`

/** The address that joins a class, as printed, shown and put into the QR code. */
export const classUrl = (origin: string, code: string): string => `${origin.replace(/\/$/, '')}/${classHash(code)}`

/** The address of the class's socket. */
export function socketUrl(): string {
	const url = new URL('ws', document.baseURI)
	url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
	url.hash = ''
	return url.href
}
