/*
 * The connection of one page to one class: hello, documents opened and resumed, commands sent and sent again, a pulse
 * that finds a dead line within seconds, and the way back after every kind of end. It keeps documents and outbox up to
 * date and tells through `events` that something changed; it knows nothing of what is on the screen.
 *
 * Nothing is believed that was not heard: after a lost connection every unanswered command goes out again under its old id.
 */
import { Doc, type Taken } from './doc'
import type { Early } from './early'
import type { Outbox, Pending, Refused } from './outbox'
import { BEGINNING, hello, PROTOCOL, type Credential, type FromServer, type No, type Notice, type Ok, type Welcome } from './wire'

export type Status =
	| { phase: 'connecting' }
	| { phase: 'open' }
	| { phase: 'waiting'; why: 'lost' | 'crowded' | 'throttled' }
	/** It will not come back by itself. */
	| { phase: 'stopped'; why: 'refused' | 'auth' | 'gone' | 'old' | 'broken'; refused?: Refused }

export interface LinkEvents {
	status(status: Status): void
	welcome(welcome: Welcome): void
	/** Documents or outbox are not what they were. */
	changed(): void
	saved(item: Pending, ok: Ok): void
	refused(item: Pending, no: No): void
	notice(notice: Notice): void
}

/** What goes on beyond documents and outbox: typing, presence, questions. It comes late, with the screens that need it. */
export interface Extension {
	/** After a message was dealt with; with what it did, if it was about a document. */
	heard(message: FromServer, taken?: Taken): void
	/** The connection is there (after welcome), or is gone. */
	connected(is: boolean): void
	/** What was typed in the document and is not known to be saved (README §11). */
	texts(doc: string): readonly object[]
}

export interface LinkOptions {
	url: string
	code: string
	outbox: Outbox
	/** Asked anew for every hello: a ticket works once. Null when the person has to sign in again. */
	credential: () => Promise<Credential | null>
	events: LinkEvents
	/** A connection made beforehand, with hello said or about to be: takes the place of a new one. */
	early?: () => Early | null
	socket?: (url: string, protocol: string) => WebSocket
	random?: () => number
}

const SILENCE_MS = 10_000
const PONG_MS = 3_000
const OPEN_MS = 10_000
const RETRY_FIRST_MS = 500
const RETRY_MOST_MS = 30_000
const RESTART_MS = 2_000
const CROWDED_MS = 30_000
const THROTTLED_MS = 60_000
/** Commands under way at once: enough to hide a round trip, few enough to stay inside the server's bucket. */
const UNDER_WAY = 20
/** A connection that held for so long ends the series of failures. */
const STEADY_MS = 5_000
/** A hello has 2 KiB; what does not fit into its `open` is opened after the welcome. */
const HELLO_ROOM = 1_400
/** After so many failed digests within the pause the fault is not a lost message; asking faster will not mend it. */
const ANEW_PATIENCE = 3
const ANEW_PAUSE_MS = 30_000

export class Link {
	readonly docs = new Map<string, Doc>()
	status: Status = { phase: 'connecting' }
	/** Until then nothing more is sent, because the server asked for patience. */
	pausedUntil_ms = 0
	extension: Extension | null = null
	/** Documents that the server says are not there for this person, until they are asked for again. */
	readonly missing = new Set<string>()

	private first = ''
	private socket: WebSocket | null = null
	/** Grows with every connection, so that what an old one still says is not heard. */
	private turn = 0
	private failures = 0
	private welcomed = false
	private running = false
	private welcomed_ms = 0
	private anews_ms: number[] = []
	private waitTimer: ReturnType<typeof setTimeout> | undefined
	private pulseTimer: ReturnType<typeof setTimeout> | undefined
	private flushTimer: ReturnType<typeof setTimeout> | undefined
	/** Documents whose `open` has not been answered yet. */
	private readonly asked = new Set<string>()
	/** Documents that the hello of this connection asked for. */
	private readonly greeted = new Set<string>()

	constructor(private readonly options: LinkOptions) {}

	start(): void {
		this.running = true
		void this.connect()
	}

	/** Leaves for good; documents and outbox stay as they are. */
	stop(): void {
		this.running = false
		this.hangUp()
		clearTimeout(this.waitTimer)
		clearTimeout(this.flushTimer)
	}

	/** Connects at once if it is only waiting to; otherwise makes sure that the line is alive. */
	nudge(): void {
		if (!this.running || this.status.phase === 'stopped') return
		if (this.status.phase === 'waiting' && this.status.why === 'lost') void this.connect()
		else if (this.welcomed) this.askPulse()
	}

	/** The person asks to try again, whatever stopped it. */
	retry(): void {
		if (!this.running || this.status.phase === 'open' || this.status.phase === 'connecting') return
		this.failures = 0
		void this.connect()
	}

	/** The document, opened now or at the next welcome, and kept open from then on. */
	open(id: string): Doc {
		const known = this.docs.get(id)
		if (known) return known
		const doc = new Doc(id)
		this.docs.set(id, doc)
		if (this.welcomed) this.ask(doc)
		return doc
	}

	/** What was refused or has a gap is asked for once more. */
	reopen(id: string): void {
		this.missing.delete(id)
		const doc = this.docs.get(id)
		if (!doc) this.open(id)
		else if (this.welcomed) this.ask(doc)
	}

	close(id: string): void {
		if (!this.docs.delete(id)) return
		this.asked.delete(id)
		this.missing.delete(id)
		this.send({ t: 'close', doc: id })
	}

	/** Says something that nobody waits for. False if there is no connection. */
	say(message: object): boolean {
		if (this.welcomed) this.send(message)
		return this.welcomed
	}

	/** Sends what is due. To be called after a command was put into the outbox. */
	flush(): void {
		if (!this.welcomed) return
		clearTimeout(this.flushTimer)
		const wait_ms = this.pausedUntil_ms - Date.now()
		if (wait_ms > 0) {
			this.flushTimer = setTimeout(() => this.flush(), wait_ms)
			return
		}
		for (const { id, doc, cmd, args } of this.options.outbox.next(UNDER_WAY)) {
			this.options.outbox.sent(id)
			this.send({ t: 'do', id, doc, cmd, args })
		}
		this.options.events.changed()
	}

	private async connect(): Promise<void> {
		clearTimeout(this.waitTimer)
		this.hangUp()
		const turn = ++this.turn
		this.setStatus({ phase: 'connecting' })
		let credential: Credential | null
		try {
			credential = await this.options.credential()
		} catch {
			if (turn === this.turn) this.later('lost')
			return
		}
		if (turn !== this.turn || !this.running) return
		if (!credential) {
			this.setStatus({ phase: 'stopped', why: 'auth' })
			return
		}
		this.attach(turn, credential)
	}

	private attach(turn: number, credential: Credential): void {
		const early = this.options.early?.()
		let socket: WebSocket
		try {
			const make = this.options.socket ?? ((url: string, protocol: string) => new WebSocket(url, protocol))
			socket = early?.socket ?? make(this.options.url, PROTOCOL)
		} catch {
			this.later('lost')
			return
		}
		this.socket = socket
		socket.onopen = () => {
			if (turn === this.turn) socket.send(hello(this.options.code, credential, this.wanted()))
		}
		socket.onmessage = (event) => {
			if (turn === this.turn) this.hear(event.data)
		}
		socket.onclose = (event) => {
			if (turn === this.turn) this.ended(event.code, event.reason)
		}
		this.pulseTimer = setTimeout(() => this.ended(0, ''), OPEN_MS)
		for (const data of early?.heard ?? []) if (turn === this.turn) this.hear(data)
	}

	private hear(data: unknown): void {
		let message: FromServer
		try {
			message = JSON.parse(String(data)) as FromServer
		} catch {
			return
		}
		this.armPulse()
		switch (message.t) {
			case 'welcome':
				return this.hearWelcome(message)
			case 'snapshot':
				if (message.last) this.asked.delete(message.doc)
				return this.hearDoc(message, (doc) => doc.takeSnapshot(message))
			case 'ops':
				return this.hearDoc(message, (doc) => doc.takeOps(message))
			case 'mine':
				return this.hearDoc(message, (doc) => doc.takeMine(message))
			case 'ok':
				this.hearOk(message)
				break
			case 'no':
				this.hearNo(message)
				break
			case 'notice':
				this.options.events.notice(message)
				break
			case 'reload':
				return this.hearDoc(message, () => 'anew')
		}
		this.extension?.heard(message)
	}

	private hearWelcome(welcome: Welcome): void {
		this.welcomed = true
		this.welcomed_ms = Date.now()
		this.pausedUntil_ms = 0
		this.options.outbox.unsend()
		this.setStatus({ phase: 'open' })
		this.missing.clear()
		this.first = welcome.start
		this.options.events.welcome(welcome)
		// The hello has asked for these already.
		if (this.docs.size === 0) for (const id of ['class', welcome.start]) this.asked.add(id)
		else for (const id of this.greeted) this.asked.add(id)
		this.open('class')
		this.open(welcome.start)
		// What had no room in the hello.
		for (const doc of this.docs.values()) this.ask(doc)
		this.extension?.connected(true)
		this.flush()
	}

	/** What hello asks for at once, to save a round trip: everything that is open, or what every page begins with. */
	private wanted(): readonly object[] {
		if (this.docs.size === 0) return BEGINNING
		const items: object[] = []
		this.greeted.clear()
		let left = HELLO_ROOM
		for (const doc of this.docs.values()) {
			const item = this.seen(doc)
			left -= JSON.stringify(item).length + 1
			if (left < 0) break
			items.push(item)
			this.greeted.add(doc.id)
		}
		return items
	}

	/** A document, what has been seen of it, and what was typed in it. */
	private seen({ id, loaded, epoch, at }: Doc): object {
		const texts = this.extension?.texts(id) ?? []
		return { doc: id, ...(loaded && { epoch, at }), ...(texts.length > 0 && { texts }) }
	}

	private hearDoc(message: FromServer & { doc: string }, take: (doc: Doc) => Taken): void {
		const doc = this.docs.get(message.doc)
		if (!doc) return
		const taken = take(doc)
		if (taken === 'applied') this.asked.delete(doc.id)
		else if (taken === 'again') this.ask(doc)
		else if (taken === 'anew') this.askAnew(doc)
		this.extension?.heard(message, taken)
		if (taken !== 'partial') this.options.events.changed()
	}

	/** Asks for the document from where it stands; while an answer is under way it is not asked twice. */
	private ask(doc: Doc): void {
		if (this.asked.has(doc.id) || this.missing.has(doc.id) || this.docs.get(doc.id) !== doc) return
		this.asked.add(doc.id)
		this.send({ t: 'open', ...this.seen(doc) })
	}

	/** What is here is wrong: it stays on screen until the fresh one is whole, but nothing more is built on it. */
	private askAnew(doc: Doc): void {
		const underWay = !doc.loaded && this.asked.has(doc.id)
		doc.loaded = false
		if (underWay) return
		this.asked.add(doc.id)
		const turn = this.turn
		const ask = () => {
			if (turn === this.turn && this.welcomed && this.docs.get(doc.id) === doc) this.send({ t: 'open', ...this.seen(doc) })
		}
		const now_ms = Date.now()
		this.anews_ms = [...this.anews_ms.filter((then_ms) => now_ms - then_ms < ANEW_PAUSE_MS), now_ms]
		if (this.anews_ms.length <= ANEW_PATIENCE) ask()
		else setTimeout(ask, ANEW_PAUSE_MS)
	}

	private hearOk(ok: Ok): void {
		const item = this.options.outbox.items.find((p) => p.id === ok.id)
		this.options.outbox.saved(ok.id, ok.at)
		if (item) this.options.events.saved(item, ok)
		this.flush()
	}

	private hearNo(no: No): void {
		if (!this.welcomed) {
			this.hearRefusedHello(no)
			return
		}
		if (!no.id) return this.hearRefusedOpen(no)
		const item = this.options.outbox.items.find((p) => p.id === no.id)
		if (!item) return
		if (no.retry_ms) this.pausedUntil_ms = Math.max(this.pausedUntil_ms, Date.now() + no.retry_ms)
		const again = this.options.outbox.refuse(item.id, no)
		if (again && !no.retry_ms) this.pausedUntil_ms = Math.max(this.pausedUntil_ms, Date.now() + RETRY_FIRST_MS)
		if (!again) this.options.events.refused(item, no)
		this.flush()
	}

	/** Of a document that is none of the two everybody has; where the answer does not say which, the one asked for first. */
	private hearRefusedOpen(no: No): void {
		const id = no.doc ?? [...this.asked].find((id) => id !== 'class' && id !== this.first)
		const doc = id === undefined ? undefined : this.docs.get(id)
		if (!doc) return
		this.asked.delete(doc.id)
		if (no.retry_ms) {
			const turn = this.turn
			setTimeout(() => turn === this.turn && this.ask(doc), no.retry_ms)
		} else if (no.code === 'not_found' || no.code === 'forbidden') {
			this.docs.set(doc.id, new Doc(doc.id))
			this.missing.add(doc.id)
			this.options.events.changed()
		}
	}

	private hearRefusedHello(no: No): void {
		const refused: Refused = { code: no.code, say: no.say, args: no.args ?? {} }
		this.hangUp()
		if (no.code === 'busy' || no.code === 'rate') this.later('lost', no.retry_ms)
		else this.setStatus({ phase: 'stopped', why: no.code === 'auth' ? 'auth' : 'refused', refused })
	}

	private ended(code: number, reason: string): void {
		if (this.welcomed && Date.now() - this.welcomed_ms > STEADY_MS) this.failures = 0
		this.hangUp()
		this.options.outbox.unsend()
		switch (code) {
			case 1012:
				return this.later('lost', this.random() * Math.min(RESTART_MS, retryOf(reason)))
			case 1013:
				return this.later('crowded', CROWDED_MS * (1 + this.random()))
			case 4429:
				return this.later('throttled', THROTTLED_MS * (1 + this.random() / 2))
			case 4401:
				return this.setStatus({ phase: 'stopped', why: 'auth' })
			case 4404:
				return this.setStatus({ phase: 'stopped', why: 'gone' })
			case 4426:
				return this.setStatus({ phase: 'stopped', why: 'old' })
			case 4400:
				return this.setStatus({ phase: 'stopped', why: 'broken' })
			default:
				return this.later('lost')
		}
	}

	private later(why: 'lost' | 'crowded' | 'throttled', delay_ms?: number): void {
		const bound_ms = Math.min(RETRY_MOST_MS, RETRY_FIRST_MS * 2 ** this.failures++)
		this.setStatus({ phase: 'waiting', why })
		this.waitTimer = setTimeout(() => void this.connect(), delay_ms ?? this.random() * bound_ms)
	}

	private hangUp(): void {
		clearTimeout(this.pulseTimer)
		this.turn++
		if (this.welcomed) this.extension?.connected(false)
		this.welcomed = false
		this.asked.clear()
		for (const doc of this.docs.values()) doc.abandonParts()
		const socket = this.socket
		this.socket = null
		if (socket) socket.close()
	}

	private armPulse(): void {
		clearTimeout(this.pulseTimer)
		this.pulseTimer = setTimeout(() => this.askPulse(), SILENCE_MS)
	}

	private askPulse(): void {
		clearTimeout(this.pulseTimer)
		this.send({ t: 'ping' })
		this.pulseTimer = setTimeout(() => this.ended(0, ''), PONG_MS)
	}

	private send(message: object): void {
		if (this.socket?.readyState === 1) this.socket.send(JSON.stringify(message))
	}

	private random(): number {
		return (this.options.random ?? Math.random)()
	}

	private setStatus(status: Status): void {
		this.status = status
		this.options.events.status(status)
	}
}

function retryOf(reason: string): number {
	try {
		const { retry_ms } = JSON.parse(reason) as { retry_ms?: number }
		return retry_ms && retry_ms > 0 ? retry_ms : RESTART_MS
	} catch {
		return RESTART_MS
	}
}
