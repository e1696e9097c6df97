/*
 * What a screen reader is told about other people's work: how many posts came, and where, gathered over a while and
 * never while the person is typing.
 */
import { formatList, t } from './text'

/** What may have come from others: a post in a section, a note in a box. */
export interface Arrival {
	id: string
	isMine: boolean
	deleted: string
	section: string
}

/** Where things arrive. */
export interface Heading {
	id: string
	title: string
}

const GATHER_MS = 4_000
const QUIET_MS = 2_500

/** The posts that `after` has and `before` had not, and that others wrote. */
export const arrivals = (before: ReadonlySet<string>, after: readonly Arrival[]): Arrival[] =>
	after.filter((post) => !before.has(post.id) && !post.isMine && post.deleted === '')

/** "4 new posts in Health and 1 new post in Cities." */
export function tellArrivals(posts: readonly Arrival[], sections: readonly Heading[]): string {
	const counts = new Map<string, number>()
	for (const { section } of posts) counts.set(section, (counts.get(section) ?? 0) + 1)
	const phrases = [...counts].map(([id, n]) => {
		const title = sections.find((s) => s.id === id)?.title
		return title === undefined ? t('announce.posts', { n }) : t('announce.posts_in', { n, section: title })
	})
	return phrases.length === 0 ? '' : t('announce.whole', { list: formatList(phrases) })
}

export class Announcer {
	private known: Set<string> | null = null
	private gathered: Arrival[] = []
	private timer: ReturnType<typeof setTimeout> | undefined
	private typed_ms = -Infinity
	private sections: readonly Heading[] = []

	/** `speak` puts a sentence where it is read aloud; `tell` makes it of what came. */
	constructor(
		private readonly speak: (sentence: string) => void,
		private readonly tell: typeof tellArrivals = tellArrivals,
	) {}

	/** The person pressed a key in a field. */
	typing(): void {
		this.typed_ms = Date.now()
	}

	see(posts: readonly Arrival[], sections: readonly Heading[]): void {
		this.sections = sections
		if (this.known) this.gathered.push(...arrivals(this.known, posts))
		this.known = new Set(posts.map((post) => post.id))
		if (this.gathered.length > 0) this.timer ??= setTimeout(() => this.say(), GATHER_MS)
	}

	stop(): void {
		clearTimeout(this.timer)
	}

	private say(): void {
		const quiet_ms = this.typed_ms + QUIET_MS - Date.now()
		if (quiet_ms > 0) {
			this.timer = setTimeout(() => this.say(), quiet_ms)
			return
		}
		this.timer = undefined
		this.speak(this.tell(this.gathered, this.sections))
		this.gathered = []
	}
}
