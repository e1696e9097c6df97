/*
 * Who is where (proto/README.md §12): what the server says, per document, and what is said of oneself, at most ten times
 * a second and only when it changed. It lives as long as the connection.
 */
import { murmur3 } from './digest'
import type { Here, Presence as Message } from './wire'

const GAP_MS = 100
const COLOURS = 8
const SEED = 0x9747b28c
const utf8 = new TextEncoder()

/** The colour that everybody shows a member in: 0 … 7. */
export const colourOf = (member: string): number => murmur3(utf8.encode(member), SEED) % COLOURS

export interface Place {
	doc: string
	box?: string
	note?: string
	caret?: [number, number]
	rev?: number
}

export class Presence {
	private readonly there = new Map<string, Map<string, Here>>()
	private place: Place | null = null
	private said = ''
	private said_ms = Number.NEGATIVE_INFINITY
	private timer: ReturnType<typeof setTimeout> | undefined

	/** `say` gives false when there is no connection. */
	constructor(private readonly say: (message: object) => boolean) {}

	heard({ doc, whole, here, gone }: Message): void {
		const people = whole ? new Map<string, Here>() : new Map(this.there.get(doc))
		for (const one of here ?? []) people.set(one.who, one)
		for (const who of gone ?? []) people.delete(who)
		this.there.set(doc, people)
	}

	in(doc: string): ReadonlyMap<string, Here> {
		return this.there.get(doc) ?? NOBODY
	}

	forget(doc: string): void {
		this.there.delete(doc)
	}

	/** Where this person is now. */
	here(place: Place): void {
		this.place = place
		this.tell()
	}

	/** Nothing is known of others without a connection; of oneself it is said again on the next. */
	connected(is: boolean): void {
		this.said = ''
		if (is) this.tell()
		else this.there.clear()
	}

	stop(): void {
		clearTimeout(this.timer)
	}

	private tell(): void {
		clearTimeout(this.timer)
		if (!this.place) return
		const words = JSON.stringify(this.place)
		if (words === this.said) return
		const wait_ms = this.said_ms + GAP_MS - Date.now()
		if (wait_ms > 0) {
			this.timer = setTimeout(() => this.tell(), wait_ms)
			return
		}
		if (!this.say({ t: 'here', ...this.place })) return
		this.said = words
		this.said_ms = Date.now()
	}
}

const NOBODY: ReadonlyMap<string, Here> = new Map()
