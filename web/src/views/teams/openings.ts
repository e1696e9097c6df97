/*
 * A bound on how many canvases are open at once for their miniatures: those in sight, the first to come first, and the
 * next in line as soon as one leaves.
 */
export class Openings {
	/** In the order in which they came into sight. */
	private readonly waiting = new Map<string, (isOpen: boolean) => void>()

	constructor(private readonly most = 30) {}

	enter(id: string, change: (isOpen: boolean) => void): void {
		this.waiting.delete(id)
		this.waiting.set(id, change)
		if (this.waiting.size <= this.most) change(true)
	}

	leave(id: string): void {
		const at = [...this.waiting.keys()].indexOf(id)
		const change = this.waiting.get(id)
		if (!change) return
		this.waiting.delete(id)
		if (at >= this.most) return
		change(false)
		const next = [...this.waiting.values()][this.most - 1]
		next?.(true)
	}
}
