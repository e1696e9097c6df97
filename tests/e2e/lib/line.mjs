/* A line that can be cut: bytes between people and the server, passed on by the test. */
import { once } from 'node:events'
import net from 'node:net'
import { Server } from './server.mjs'

const UPGRADE = /^upgrade:\s*websocket/im

export class Line {
	#front
	#pairs = new Set()
	/** What is let through: everything, pages without the class's socket, or nothing. */
	#lets = 'all'

	constructor(server) {
		this.server = server
		this.#front = net.createServer((outer) => this.#carry(outer))
	}

	/** A line to a server, at a port of its own. */
	static async to(bag, server) {
		const line = bag.keep(new Line(server), (l) => l.#close())
		line.#front.listen(0, '127.0.0.1')
		await once(line.#front, 'listening')
		return line
	}

	get port() {
		return this.#front.address().port
	}

	get origin() {
		return `http://localhost:${this.port}`
	}

	link(code) {
		return Server.prototype.link.call(this, code)
	}

	/** Nothing comes through any more, nor what is on its way; with `but: 'pages'`, pages still do. */
	cut({ but } = {}) {
		this.#lets = but ?? 'nothing'
		for (const pair of this.#pairs) if (this.#lets === 'nothing' || pair.isSocket) pair.end()
	}

	/** What people say still gets through; what the server answers does not, and is lost when the line is cut. */
	deafen() {
		for (const pair of this.#pairs) pair.deafen()
	}

	mend() {
		this.#lets = 'all'
	}

	#carry(outer) {
		if (this.#lets === 'nothing') return outer.destroy()
		// The server may be gone for now; its port is asked for each time.
		const inner = net.connect(this.server.port, '127.0.0.1')
		const pair = { isSocket: false, end: () => (outer.destroy(), inner.destroy()), deafen: () => inner.unpipe(outer) }
		this.#pairs.add(pair)
		for (const socket of [outer, inner]) {
			socket.setNoDelay(true)
			socket.on('error', () => {})
			socket.on('close', () => {
				pair.end()
				this.#pairs.delete(pair)
			})
		}
		outer.on('data', (bytes) => {
			pair.isSocket ||= UPGRADE.test(bytes.toString('latin1'))
			if (pair.isSocket && this.#lets !== 'all') pair.end()
		})
		outer.pipe(inner).pipe(outer)
	}

	#close() {
		this.cut()
		this.#front.close()
	}
}
