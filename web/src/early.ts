/*
 * The head start. This file reaches the browser well before the rest of the page does and opens the connection of a
 * student who was here before, so that the wall comes down the line together with the script that shows it. On a slow
 * line that saves three round trips. The page takes the connection over, with what was said on it meanwhile; if it
 * wants another one, or none, nothing is lost but the attempt.
 */
import { localStore, sessionStore } from './browser'
import { credentialOf, Identities } from './identity'
import { readRoute, socketUrl } from './route'
import { hello, PROTOCOL } from './wire'

/** A connection that hello was said on, or will be as soon as it is open. */
export interface Early {
	socket: WebSocket
	/** What the server has said so far. */
	heard: readonly unknown[]
}

let early: (Early & { code: string; secret: string }) | null = null

function start(): void {
	const route = readRoute(location.hash)
	if (route.place !== 'class' && route.place !== 'show') return
	const { code } = route
	const me = new Identities(localStore(), sessionStore()).of(code)
	if (me?.as !== 'member') return
	const heard: unknown[] = []
	const socket = new WebSocket(socketUrl(), PROTOCOL)
	socket.onopen = () => socket.send(hello(code, credentialOf(me)))
	socket.onmessage = (event) => heard.push(event.data)
	early = { socket, heard, code, secret: me.secret }
}

/** The connection, once, if it was made for this person in this class and still stands. */
export function takeEarly(code: string, secret: string): Early | null {
	const taken = early
	early = null
	if (!taken || taken.socket.readyState > WebSocket.OPEN) return null
	if (taken.code === code && taken.secret === secret) return taken
	taken.socket.close()
	return null
}

try {
	start()
} catch {
	// No more than a head start: the page makes its own connection.
}
