/*
 * Moments fetched one after another, as a slider asks for them: what was passed over in between is never asked for, and
 * what was fetched is at hand when one comes back.
 */
import type { Answer } from '../../canvas'

const KEPT = 60

export class Reel<T> {
	private readonly kept = new Map<number, T>()
	private wanted: { at: number; before: number } | null = null
	private isBusy = false

	/** `shown` is told the moment and the one before it, where there is one; `failed` why it could not be had. */
	constructor(
		private readonly fetch: (at: number) => Promise<Answer<T>>,
		private readonly shown: (at: number, now: T, before: T | null) => void,
		private readonly failed: (refusal: Extract<Answer<T>, { ok: false }>['refusal']) => void,
	) {}

	/** `before` is the neighbour's counter, 0 for none. */
	look(at: number, before: number): void {
		this.wanted = { at, before }
		if (!this.isBusy) void this.run()
	}

	stop(): void {
		this.wanted = null
	}

	private async run(): Promise<void> {
		this.isBusy = true
		while (this.wanted) {
			const { at, before } = this.wanted
			const [now, old] = await Promise.all([this.get(at), before > 0 ? this.get(before) : null])
			if (this.wanted?.at !== at) continue
			this.wanted = null
			if (!now.ok) this.failed(now.refusal)
			else this.shown(at, now.value, old?.ok ? old.value : null)
		}
		this.isBusy = false
	}

	private async get(at: number): Promise<Answer<T>> {
		const kept = this.kept.get(at)
		if (kept !== undefined) return { ok: true, value: kept }
		const answer = await this.fetch(at)
		if (!answer.ok) return answer
		this.kept.set(at, answer.value)
		const oldest = this.kept.keys().next().value
		if (this.kept.size > KEPT && oldest !== undefined) this.kept.delete(oldest)
		return answer
	}
}
